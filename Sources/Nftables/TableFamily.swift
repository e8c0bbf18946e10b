public import Addressing

/// The packets a table sees: an `NFPROTO_` number with nft's word for it.
public enum TableFamily: UInt8, Hashable, Sendable, CustomStringConvertible {
    /// IPv4 and IPv6 together.
    case inet = 1
    case ipv4 = 2
    case arp = 3
    case netdev = 5
    case bridge = 7
    case ipv6 = 10

    /// The table family that holds only `family`.
    public init(_ family: IPFamily) {
        self = family == .v4 ? .ipv4 : .ipv6
    }

    /// The word nft(8) uses.
    public var description: String {
        switch self {
        case .inet: "inet"
        case .ipv4: "ip"
        case .arp: "arp"
        case .netdev: "netdev"
        case .bridge: "bridge"
        case .ipv6: "ip6"
        }
    }
}
