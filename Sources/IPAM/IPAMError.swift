public import Addressing
public import LinuxSystem

/// Why addresses could not be described, reserved, found or released.
///
/// It is passed as one pointer: its payloads are large, and every call that can throw would carry room for them.
public indirect enum IPAMError: Error, Hashable, Sendable {
    /// The subnet has host bits set.
    case hostBits(IPNetwork)
    /// The subnet has fewer than four addresses.
    case subnetTooSmall(IPNetwork)
    /// The first address of a range is not in its subnet.
    case startOutside(IPAddress, IPNetwork)
    /// The last address of a range is not in its subnet.
    case endOutside(IPAddress, IPNetwork)
    /// The last address of a range comes before its first.
    case endBeforeStart(start: IPAddress, end: IPAddress)
    /// The gateway is neither in the subnet nor link-local.
    case gatewayOutside(IPAddress, IPNetwork)
    /// A range set has no range.
    case emptySet(index: Int)
    /// A range set holds both families.
    case mixedFamilies(index: Int)
    /// Two ranges of one set have addresses in common.
    case overlapInside(index: Int, AddressRange, AddressRange)
    /// Two range sets have addresses in common.
    case overlapBetween(Int, Int, AddressRange, AddressRange)
    /// There is no range set at all.
    case noRanges
    /// More ranges than `AddressPool.maximumRanges`.
    case tooManyRanges(Int)

    /// Requested addresses lie in no range set, or in one that another requested address has taken.
    case requestedOutside([IPAddress])
    /// A requested address is the gateway of its range.
    case requestedGateway(IPAddress)
    /// A requested address is reserved already.
    case requestedTaken(IPAddress, RangeSet)
    /// This attachment holds an address of the range set already.
    case duplicateAllocation(IPAddress, ReservationOwner)
    /// Each address of a range set is reserved.
    case exhausted(index: Int, RangeSet)

    /// The directory stayed locked for all of the time allowed.
    case lockTimedOut(path: String, milliseconds: Int)
    /// A file operation failed.
    case system(SystemError)
}

extension IPAMError {
    /// Whether the same request may succeed later, because others release addresses or the lock.
    public var isTemporary: Bool {
        switch self {
        case .exhausted, .lockTimedOut: true
        default: false
        }
    }

    /// Whether the configuration, rather than the state of the pool, is at fault.
    public var isConfiguration: Bool {
        switch self {
        case .hostBits, .subnetTooSmall, .startOutside, .endOutside, .endBeforeStart, .gatewayOutside, .emptySet,
            .mixedFamilies, .overlapInside, .overlapBetween, .noRanges, .tooManyRanges:
            true
        default: false
        }
    }
}

extension IPAMError: CustomStringConvertible {
    /// One sentence that names the value at fault.
    public var description: String {
        switch self {
        case .hostBits(let subnet):
            "subnet \(subnet) has host bits set: the network of prefix length \(subnet.prefixLength) is \(subnet.first)"
        case .subnetTooSmall(let subnet):
            "subnet \(subnet) is too small to allocate from: it needs at least four addresses"
        case .startOutside(let address, let subnet): "rangeStart \(address) is not in subnet \(subnet)"
        case .endOutside(let address, let subnet): "rangeEnd \(address) is not in subnet \(subnet)"
        case .endBeforeStart(let start, let end): "rangeEnd \(end) comes before rangeStart \(start)"
        case .gatewayOutside(let address, let subnet):
            "gateway \(address) is neither in subnet \(subnet) nor link-local"
        case .emptySet(let index): "range set \(index) has no range"
        case .mixedFamilies(let index): "range set \(index) mixes IPv4 and IPv6"
        case .overlapInside(let index, let first, let second):
            "ranges \(first) and \(second) of range set \(index) overlap"
        case .overlapBetween(let first, let second, let left, let right):
            "range set \(first) overlaps with range set \(second): \(left) and \(right)"
        case .noRanges: "no IP ranges specified"
        case .tooManyRanges(let count): "\(count) ranges: at most \(AddressPool.maximumRanges) are allowed"
        case .requestedOutside(let addresses):
            "requested IP addresses are in no range set left: \(addresses.map { $0.description }.joined(separator: " "))"
        case .requestedGateway(let address): "requested IP address \(address) is its subnet's gateway"
        case .requestedTaken(let address, let set):
            "requested IP address \(address) is not available in range set \(set)"
        case .duplicateAllocation(let address, let owner):
            "\(address) has been allocated to \(owner), duplicate allocation is not allowed"
        case .exhausted(let index, let set): "no IP addresses available in range set \(index): \(set)"
        case .lockTimedOut(let path, let milliseconds): "\(path) stayed locked for \(milliseconds) ms"
        case .system(let error): error.description
        }
    }
}
