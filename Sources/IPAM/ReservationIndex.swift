internal import Addressing
internal import LinuxSystem

/// A hash table on disk from owners to addresses, beside the reservation directory, so that nothing has to read all of it.
///
/// The directory is the truth. The index is used only when the directory is exactly as its header says, and each answer is
/// compared with the reservation file; otherwise it is made again from a scan. It is written under the directory's lock:
/// slots first, the header last, so that a writer killed in between leaves a header that no longer matches.
struct ReservationIndex: ~Copyable {
    private let file: RandomAccessFile
    private let boot: BootID
    private var header: IndexHeader
    /// Whether lookups may be believed.
    private(set) var isTrusted: Bool

    /// Opens the index of a directory in this state, making it when missing.
    ///
    /// Nil when it cannot be had, or another process has it locked (two data directories of one path, in two mount
    /// namespaces): everything works without, by reading the directory.
    static func open(_ path: String, boot: BootID, describing status: FileStatus) -> ReservationIndex? {
        do throws(SystemError) {
            let file = try openFile(path)
            guard file.tryLock() else { return nil }
            let header = IndexHeader(try file.read(at: 0, count: IndexHeader.slotsOffset))
            return ReservationIndex(file, boot: boot, header: header, describing: status)
        } catch {
            return nil
        }
    }

    private static func openFile(_ path: String) throws(SystemError) -> RandomAccessFile {
        do throws(SystemError) {
            return try RandomAccessFile.open(path, creating: 0o600)
        } catch {
            guard error.errno == .noEntry else { throw error }
            try Files.makeDirectories(Files.split(path).parent, mode: 0o700)
            return try RandomAccessFile.open(path, creating: 0o600)
        }
    }

    private init(
        _ file: consuming RandomAccessFile, boot: BootID, header: IndexHeader?, describing status: FileStatus
    ) {
        self.file = file
        self.boot = boot
        self.header = header ?? IndexHeader()
        isTrusted = header.map { $0.boot == boot.bytes && $0.describes(status) } ?? false
    }

    /// From now on nothing that it says is believed, until it is made again.
    mutating func distrust() {
        isTrusted = false
    }

    /// The addresses under a key.
    func addresses(_ key: UInt64) throws(SystemError) -> [IPAddress] {
        var found: [IPAddress] = []
        try probe(key) { (_, slot) in
            if case .used(let entry) = slot, entry.key == key { found.append(entry.address) }
            return slot == .empty
        }
        return found
    }

    /// The mark of the boot under which Hawser made the very file that an entry describes, as this index or an old one says.
    ///
    /// 0 when it does not know.
    func boot(of entry: IndexEntry) throws(SystemError) -> UInt32 {
        var boot: UInt32 = 0
        try probe(entry.key) { (_, slot) in
            if case .used(let known) = slot, known.key == entry.key, known.address == entry.address,
                known.inode == entry.inode, known.changed == entry.changed
            {
                boot = known.boot
            }
            return slot == .empty
        }
        return boot
    }

    /// Adds an entry, in the place of one with the same key and address.
    @inline(never)
    mutating func insert(_ entry: IndexEntry) throws(SystemError) {
        if (header.used + header.removed + 1) > header.capacity / 2 {
            try rebuild(try entries())
        }
        var free: (place: Int, wasRemoved: Bool)?
        var same: Int?
        try probe(entry.key) { (place, slot) in
            switch slot {
            case .used(let other):
                if other.key == entry.key && other.address == entry.address { same = place }
            case .removed:
                if free == nil { free = (place, true) }
            case .empty:
                if free == nil { free = (place, false) }
            }
            return slot == .empty || same != nil
        }
        if let same {
            try write(.used(entry), at: same)
        } else if let free {
            try write(.used(entry), at: free.place)
            header.used += 1
            if free.wasRemoved { header.removed -= min(1, header.removed) }
        }
    }

    /// Takes an entry out, when it is there.
    @inline(never)
    mutating func remove(_ key: UInt64, _ address: IPAddress) throws(SystemError) {
        var found: Int?
        var isLast = false
        try probe(key) { (place, slot) in
            if found != nil {
                isLast = slot == .empty
                return true
            }
            if case .used(let entry) = slot, entry.key == key, entry.address == address { found = place }
            return slot == .empty
        }
        guard let found else { return }
        // A slot that nothing was pushed past may be empty again; others must keep the way open.
        try write(isLast ? .empty : .removed, at: found)
        header.used -= min(1, header.used)
        if !isLast { header.removed += 1 }
    }

    /// All entries, of a trusted index or of an old one.
    func entries() throws(SystemError) -> [IndexEntry] {
        let bytes = try file.read(at: IndexHeader.slotsOffset, count: Int(header.capacity) * IndexSlot.size)
        var found: [IndexEntry] = []
        for start in stride(from: 0, through: bytes.count - IndexSlot.size, by: IndexSlot.size) {
            if case .used(let entry) = IndexSlot(bytes[start..<(start + IndexSlot.size)]) { found.append(entry) }
        }
        return found
    }

    /// Makes it again of these entries; it is trusted from then on, and matches the directory after `seal`.
    mutating func rebuild(_ entries: [IndexEntry]) throws(SystemError) {
        var capacity = IndexHeader.minimumCapacity
        while Int(capacity) < entries.count * 4 { capacity *= 2 }
        header = IndexHeader()
        header.capacity = capacity
        header.used = UInt32(entries.count)
        try file.setLength(0)
        try file.setLength(IndexHeader.slotsOffset + Int(capacity) * IndexSlot.size)
        isTrusted = true
        if entries.isEmpty { return }
        var slots = [UInt8](repeating: 0, count: Int(capacity) * IndexSlot.size)
        for entry in entries {
            var place = home(entry.key)
            while slots[place * IndexSlot.size + 28] != 0 { place = (place + 1) % Int(capacity) }
            let bytes = IndexSlot.used(entry).bytes
            for index in bytes.indices { slots[place * IndexSlot.size + index] = bytes[index] }
        }
        try file.write(slots, at: IndexHeader.slotsOffset)
    }

    /// Marks the directory, and writes down how it looks now.
    ///
    /// The mark is an mtime that differs from the ctime (see `IndexHeader.describes`), more than any granularity hides,
    /// and by chance from the mark of another index of the same directory.
    mutating func seal(_ directory: borrowing Directory) throws(SystemError) {
        let now = Clock.realtimeNanoseconds()
        let distance = 10_000_000_000 + Int64(Random.uint64() % 86_400_000_000_000)
        try directory.setModified(now > distance ? now - distance : now + distance)
        let status = try directory.status()
        header.device = status.device
        header.inode = status.inode
        header.modified = status.modified
        header.changed = status.changed
        header.boot = boot.bytes
        try file.write(header.bytes, at: 0)
    }

    private func home(_ key: UInt64) -> Int { Int((key ^ key >> 32) & UInt64(header.capacity - 1)) }

    @inline(never)
    private func write(_ slot: IndexSlot, at place: Int) throws(SystemError) {
        try file.write(slot.bytes, at: IndexHeader.slotsOffset + place * IndexSlot.size)
    }

    /// Walks the slots from a key's home on, until `visit` answers true or all were seen.
    @inline(never)
    private func probe(_ key: UInt64, _ visit: (Int, IndexSlot) -> Bool) throws(SystemError) {
        let window = 16  // slots: one read serves nearly every lookup of a table at most half full
        let capacity = Int(header.capacity)
        var place = home(key)
        var seen = 0
        while seen < capacity {
            let count = min(window, capacity - place)
            let bytes = try file.read(
                at: IndexHeader.slotsOffset + place * IndexSlot.size, count: count * IndexSlot.size)
            for index in 0..<count {
                let start = index * IndexSlot.size
                // What the file is too short for was never written.
                let slot =
                    start + IndexSlot.size <= bytes.count ? IndexSlot(bytes[start..<(start + IndexSlot.size)]) : .empty
                if visit(place + index, slot) { return }
            }
            seen += count
            place = (place + count) % capacity
        }
    }
}

/// The id of the machine's running kernel: `/proc/sys/kernel/random/boot_id`.
public struct BootID: Hashable, Sendable {
    /// Its sixteen bytes.
    let bytes: [UInt8]

    /// Reads the text of the id: 32 hexadecimal digits with dashes.
    public init?(_ text: [UInt8]) {
        var digits: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "-"), UInt8(ascii: "\n"): continue
            default: return nil
            }
        }
        guard digits.count == 32 else { return nil }
        bytes = (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    /// The running kernel's; nil where /proc does not say.
    public static func current() -> BootID? {
        do throws(SystemError) {
            return BootID(Array(try Boot.id().utf8))
        } catch {
            return nil
        }
    }

    /// The mark in the entries of the index: never 0, which stands for "not known".
    var mark: UInt32 {
        max(1, UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 24)
    }
}
