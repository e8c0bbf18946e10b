/// A transport protocol by its IP protocol number.
public struct TransportProtocol: Hashable, Sendable, CustomStringConvertible {
    /// The IP protocol number.
    public let number: UInt8

    /// The protocol of a number.
    public init(number: UInt8) {
        self.number = number
    }

    /// ICMP.
    public static let icmp = TransportProtocol(number: 1)
    /// TCP.
    public static let tcp = TransportProtocol(number: 6)
    /// UDP.
    public static let udp = TransportProtocol(number: 17)
    /// DCCP.
    public static let dccp = TransportProtocol(number: 33)
    /// ICMP of IPv6.
    public static let icmpv6 = TransportProtocol(number: 58)
    /// SCTP.
    public static let sctp = TransportProtocol(number: 132)
    /// UDP-Lite.
    public static let udplite = TransportProtocol(number: 136)

    /// The protocol's name where nft(8) has one, else its number.
    @inline(never)
    public var description: String {
        switch number {
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        case 33: "dccp"
        case 58: "ipv6-icmp"
        case 132: "sctp"
        case 136: "udplite"
        default: "\(number)"
        }
    }
}
