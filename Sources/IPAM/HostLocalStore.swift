public import Addressing
internal import LinuxSystem

/// The reservations of one network in the reference plugin host-local's directory format.
///
/// Each operation locks the directory, so that it may run beside others and beside the reference plugin. Each is right
/// whatever the one before it was doing when it was killed.
public struct HostLocalStore: Sendable {
    /// Where the reference plugin keeps the directories of its networks.
    public static let defaultDataDirectory = "/var/lib/cni/networks"
    /// How long to wait for the lock: a runtime gives a whole attachment one or two minutes.
    public static let defaultLockMilliseconds = 30_000

    /// The directory: one file for each reserved address.
    public let directory: String
    let indexPath: String?
    let boot: BootID?
    let lockMilliseconds: Int

    /// The reservations of a network below a data directory.
    ///
    /// Below `indexDirectory` an index is kept that spares reading the whole directory. Without one, or without the id of
    /// the running kernel, everything works, slower.
    public init(
        dataDirectory: String = Self.defaultDataDirectory, network: String, indexDirectory: String?,
        boot: BootID? = BootID.current(), lockMilliseconds: Int = Self.defaultLockMilliseconds
    ) {
        self.boot = boot
        directory = "\(dataDirectory)/\(network)"
        indexPath = indexDirectory.map { "\($0)/\(Digest.sha256Hex(dataDirectory, digits: 16))/\(network)" }
        self.lockMilliseconds = lockMilliseconds
    }

    /// The addresses of an attachment: those reserved for it, or else those that an old release reserved for its container.
    public func addresses(of owner: ReservationOwner) throws(IPAMError) -> [IPAddress] {
        guard var locked = try open(creating: false) else { return [] }
        do throws(SystemError) {
            let found = try locked.addressesOrOlder(of: owner)
            locked.finish()
            return found.addresses
        } catch {
            throw .system(error)
        }
    }

    /// Releases all addresses of an attachment, and says which those were.
    ///
    /// Nothing to release is success.
    @discardableResult
    public func release(_ owner: ReservationOwner) throws(IPAMError) -> [IPAddress] {
        guard var locked = try open(creating: false) else { return [] }
        do throws(SystemError) {
            let found = try locked.addressesOrOlder(of: owner)
            for address in found.addresses { try locked.release(address, of: found.owner) }
            locked.finish()
            return found.addresses
        } catch {
            throw .system(error)
        }
    }

    @inline(never)
    func open(creating: Bool) throws(IPAMError) -> LockedReservations? {
        do throws(SystemError) {
            return try LockedReservations.open(
                directory, creating: creating, indexPath: indexPath, boot: boot,
                lockMilliseconds: lockMilliseconds)
        } catch {
            if error.errno == .timedOut { throw .lockTimedOut(path: error.subject, milliseconds: lockMilliseconds) }
            throw .system(error)
        }
    }
}

extension LockedReservations {
    /// The addresses reserved for exactly this owner, or else those of its container without an interface.
    mutating func addressesOrOlder(of owner: ReservationOwner) throws(SystemError)
        -> (owner: ReservationOwner, addresses: [IPAddress])
    {
        let exact = try addresses(of: owner)
        if !exact.isEmpty { return (owner, exact) }
        return (owner.withoutInterface, try addresses(of: owner.withoutInterface))
    }
}
