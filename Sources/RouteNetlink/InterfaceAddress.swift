public import Addressing
internal import CLinuxABI
internal import Netlink

/// An address of an interface, wanted or reported.
public struct InterfaceAddress: Hashable, Sendable {
    /// The address with the length of its network's prefix.
    public var network: IPNetwork
    /// The interface.
    public var link: LinkIndex
    /// RT_SCOPE_*: 0 for global, 253 for link, 254 for host.
    public var scope: UInt8
    /// IFA_F_*: what the kernel reports, or what is asked for.
    public var flags: Flags

    /// IFA_F_* flags.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// As in linux/if_addr.h.
        public let rawValue: UInt32
        /// Wraps IFA_F_* bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// No duplicate address detection.
        public static let noDuplicateDetection = Flags(rawValue: 0x02)
        /// Duplicate address detection found another owner.
        public static let duplicateFound = Flags(rawValue: 0x08)
        /// Duplicate address detection is not finished.
        public static let tentative = Flags(rawValue: 0x40)
        /// Set by an administrator, without a lifetime.
        public static let permanent = Flags(rawValue: 0x80)
    }

    /// Describes an address.
    ///
    /// IPv6 ones skip duplicate detection unless it is asked for.
    public init(_ network: IPNetwork, on link: LinkIndex, scope: UInt8 = 0, detectDuplicates: Bool = false) {
        self.network = network
        self.link = link
        self.scope = scope
        flags = network.family == .v6 && !detectDuplicates ? .noDuplicateDetection : []
    }

    init?(_ message: MessageView) {
        guard message.type == UInt16(RTM_NEWADDR), let header = message.header(as: ifaddrmsg.self) else { return nil }
        var local: IPAddress?
        var remote: IPAddress?
        var flags = UInt32(header.ifa_flags)
        for attribute in message.attributes(after: MemoryLayout<ifaddrmsg>.size) {
            switch Int(attribute.type) {
            case Int(IFA_LOCAL): local = IPAddress(bytes: attribute.bytes)
            case Int(IFA_ADDRESS): remote = IPAddress(bytes: attribute.bytes)
            case Int(IFA_FLAGS): flags = attribute.integer() ?? flags
            default: continue
            }
        }
        guard let address = local ?? remote, let network = IPNetwork(address, prefixLength: Int(header.ifa_prefixlen))
        else { return nil }
        self.network = network
        link = LinkIndex(Int32(truncatingIfNeeded: header.ifa_index))
        scope = header.ifa_scope
        self.flags = Flags(rawValue: flags)
    }
}
