internal import Addressing
internal import LinuxSystem

/// The reservation directory of one network while this process holds its lock.
///
/// A reservation is a file named as its address. Everything that is decided here is decided from the files; the index only
/// says where to look.
struct LockedReservations: ~Copyable {
    /// Names in one directory at most: a /10 of IPv4, and more than any host holds.
    static let nameLimit = 1 << 22
    /// Bytes of one reservation at most: an id and an interface's name.
    private static let contentLimit = 65_536
    private static let lockName = "lock"

    let directory: Directory
    let boot: BootID?
    private let lock: FileLock
    private var index: ReservationIndex?
    /// What the last scan saw; nil before the first, and after a change.
    private var scanned: [ScannedReservation]?
    private var hasChanged = false

    /// Opens and locks the directory.
    ///
    /// Nil when there is none and none is to be made.
    @inline(never)
    static func open(_ path: String, creating: Bool, indexPath: String?, boot: BootID?, lockMilliseconds: Int)
        throws(SystemError) -> LockedReservations?
    {
        let attempts = 8  // a directory that is removed and made again again and again is someone else's trouble
        for _ in 0..<attempts {
            guard let directory = try openDirectory(path, creating: creating) else { return nil }
            let lock: FileLock
            do throws(SystemError) {
                lock = try FileLock.acquire(lockName, in: directory, mode: 0o750, milliseconds: lockMilliseconds)
            } catch {
                // The directory went away before the lock file could be made in it.
                if error.errno == .noEntry { continue }
                throw error
            }
            let status = try directory.status()
            // Who waits for a lock may get it in a directory that was removed meanwhile.
            guard let current = try Files.status(path), current.inode == status.inode, current.device == status.device
            else { continue }
            return LockedReservations(directory, lock, status, indexPath: indexPath, boot: boot)
        }
        throw SystemError("open", path, .noEntry, explanation: "it is removed again and again")
    }

    @inline(never)
    private static func openDirectory(_ path: String, creating: Bool) throws(SystemError) -> Directory? {
        do throws(SystemError) {
            return try Directory.open(path, creating: creating ? 0o755 : nil)
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
    }

    private init(
        _ directory: consuming Directory, _ lock: consuming FileLock, _ status: FileStatus, indexPath: String?,
        boot: BootID?
    ) {
        self.directory = directory
        self.lock = lock
        self.boot = boot
        if let boot, let indexPath {
            index = ReservationIndex.open(indexPath, boot: boot, describing: status)
        } else {
            index = nil
        }
    }

    /// Writes down what the index knows, when there is anything new.
    ///
    /// Without it the next operation reads the directory.
    @inline(never)
    mutating func finish() {
        guard hasChanged, var taken = index.take(), taken.isTrusted else { return }
        do throws(SystemError) {
            try taken.seal(directory)
        } catch {
            return
        }
        index = consume taken
        hasChanged = false
    }

    /// The index is only an accelerator: what goes wrong with it is no one's error, but it is not believed any more.
    @inline(never)
    private mutating func withIndex(_ body: (inout ReservationIndex) throws(SystemError) -> Void) {
        guard var taken = index.take() else { return }
        if taken.isTrusted {
            do throws(SystemError) {
                try body(&taken)
            } catch {
                taken.distrust()
                return
            }
        }
        index = consume taken
    }

    // MARK: - Finding

    /// The addresses that are reserved with exactly this content.
    mutating func addresses(of owner: ReservationOwner) throws(SystemError) -> [IPAddress] {
        if let known = try indexed(owner) { return known }
        return try scan().filter { $0.content == .owned(owner) }.map { $0.address }
    }

    /// What the index says, each address checked with its file; nil when the index cannot be relied on.
    private mutating func indexed(_ owner: ReservationOwner) throws(SystemError) -> [IPAddress]? {
        var candidates: [IPAddress]?
        withIndex { (index: inout ReservationIndex) throws(SystemError) in candidates = try index.addresses(owner.key) }
        guard let candidates else { return nil }
        var found: [IPAddress] = []
        for address in candidates {
            let content = try content(of: address)
            if content == .owned(owner) {
                found.append(address)
            } else if case .owned(let other)? = content, other.key == owner.key {
                continue  // another owner with the same key
            } else {
                index?.distrust()
                return nil
            }
        }
        return found
    }

    /// What a reservation says; nil when there is none, or something there that is no reservation.
    private func content(of address: IPAddress) throws(SystemError) -> ReservationContent? {
        guard let bytes = try readRegular(address.description) else { return nil }
        return ReservationContent(bytes)
    }

    private func readRegular(_ name: String) throws(SystemError) -> [UInt8]? {
        guard let status = try directory.status(of: name), status.kind == .regular else { return nil }
        do throws(SystemError) {
            return try directory.read(name, limit: Self.contentLimit)
        } catch {
            if error.errno == .fileTooLarge || error.errno == .symbolicLink { return nil }
            throw error
        }
    }

    /// All reservations, read from the directory once; the index is made again on the way.
    mutating func scan() throws(SystemError) -> [ScannedReservation] {
        if let scanned { return scanned }
        var found: [ScannedReservation] = []
        for name in try directory.names(limit: Self.nameLimit) {
            if hasPrefix(name, ".hawser-") {
                // A reservation that was being made when its process died; under the lock no one is making one.
                try directory.remove(name)
                hasChanged = true
                continue
            }
            guard let address = IPAddress(name), address.description == name,
                let status = try directory.status(of: name)
            else { continue }
            let content = status.kind == .regular ? try readRegular(name).map { ReservationContent($0) } : nil
            found.append(
                ScannedReservation(
                    address: address, content: content, inode: status.inode, changed: status.changed, boot: 0))
        }
        try reindex(&found)
        scanned = found
        return found
    }

    /// Takes over from the old index which reservation was made under which boot, and makes the index new.
    private mutating func reindex(_ found: inout [ScannedReservation]) throws(SystemError) {
        guard var taken = index.take() else { return }
        do throws(SystemError) {
            for position in found.indices {
                guard let entry = found[position].entry(boot: 0) else { continue }
                found[position].boot = try taken.boot(of: entry)
            }
            try taken.rebuild(found.compactMap { $0.entry(boot: $0.boot) })
            hasChanged = true
        } catch {
            taken.distrust()
        }
        index = consume taken
    }

    /// The addresses of this family that have a file: for a search without a system call for each.
    func taken(_ family: IPFamily) throws(SystemError) -> SortedNumbers {
        var found: [UInt128] = []
        for name in try directory.names(limit: Self.nameLimit) {
            if let address = IPAddress(name), address.family == family { found.append(address.bits) }
        }
        return SortedNumbers(found)
    }

    // MARK: - Changing

    /// Reserves an address that no one holds; false when it is taken.
    ///
    /// An empty file is no reservation.
    @inline(never)
    mutating func reserve(_ address: IPAddress, for owner: ReservationOwner) throws(SystemError) -> Bool {
        let name = address.description
        if let status = try directory.status(of: name) {
            guard status.kind == .regular, status.size == 0 else { return false }
            try directory.remove(name)
        }
        guard try directory.createExclusive(name, owner.content, mode: 0o600) else { return false }
        hasChanged = true
        let status = try directory.status(of: name)
        let reservation = ScannedReservation(
            address: address, content: .owned(owner), inode: status?.inode ?? 0, changed: status?.changed ?? 0,
            boot: boot?.mark ?? 0)
        scanned = nil
        if let entry = reservation.entry(boot: reservation.boot) {
            withIndex { (index: inout ReservationIndex) throws(SystemError) in try index.insert(entry) }
        }
        return true
    }

    /// Removes a reservation.
    @inline(never)
    mutating func release(_ address: IPAddress, of owner: ReservationOwner?) throws(SystemError) {
        try directory.remove(address.description)
        hasChanged = true
        scanned = nil
        guard let owner else { return }
        withIndex { (index: inout ReservationIndex) throws(SystemError) in try index.remove(owner.key, address) }
    }

    // MARK: - The address handed out last

    /// The address that was handed out last of the set with this number; nil when there is none, or anything but an address.
    func lastReserved(_ set: Int) -> IPAddress? {
        do throws(SystemError) {
            guard let bytes = try readRegular("last_reserved_ip.\(set)") else { return nil }
            return IPAddress(String(decoding: bytes, as: UTF8.self))
        } catch {
            return nil
        }
    }

    /// Writes down the address that was handed out last.
    ///
    /// It only decides where the next search begins: without it the reservation stands.
    func setLastReserved(_ set: Int, _ address: IPAddress) {
        do throws(SystemError) {
            try directory.overwrite("last_reserved_ip.\(set)", Array(address.description.utf8), mode: 0o600)
        } catch {
            return
        }
    }
}

/// A reservation file as a scan found it.
struct ScannedReservation {
    let address: IPAddress
    /// Nil for what is no regular file of a sensible size: it keeps its address, and no one may remove it.
    let content: ReservationContent?
    let inode: UInt64
    let changed: Int64
    /// `IndexEntry.boot`.
    var boot: UInt32

    /// What the index holds of it; nil when it has no owner.
    func entry(boot: UInt32) -> IndexEntry? {
        guard case .owned(let owner)? = content else { return nil }
        return IndexEntry(key: owner.key, address: address, inode: inode, changed: changed, boot: boot)
    }
}
