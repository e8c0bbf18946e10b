public import Addressing
internal import CLinuxABI
internal import Netlink

/// A route, wanted or reported.
///
/// A route with several next hops reports the first.
public struct Route: Hashable, Sendable {
    /// Where it leads: a network without host bits.
    public var destination: IPNetwork
    /// The router; nil for what is on the link itself.
    public var gateway: IPAddress?
    /// The interface; nil to let the kernel find it from the gateway.
    public var link: LinkIndex?
    /// The preferred source address.
    public var source: IPAddress?
    /// Lower is preferred; nil for the kernel's default (0, or 1024 for IPv6).
    public var priority: UInt32?
    /// The routing table; nil for main, 254.
    public var table: UInt32?
    /// RT_SCOPE_*; nil for global with a gateway and link without.
    public var scope: UInt8?
    /// RTPROT_*: who made it; nil for boot, as ip(8) does.
    public var routeProtocol: UInt8?
    /// Path MTU in bytes.
    public var mtu: UInt32?
    /// The maximum segment size to advertise, in bytes.
    public var advertisedSegmentSize: UInt32?
    /// The gateway need not be in a connected network.
    public var onLink: Bool

    /// Describes a route.
    public init(to destination: IPNetwork, gateway: IPAddress? = nil, link: LinkIndex? = nil) {
        self.destination = destination.network
        self.gateway = gateway
        self.link = link
        onLink = false
    }

    /// The routing table's number, the default made explicit.
    public var tableNumber: UInt32 { table ?? UInt32(RT_TABLE_MAIN.rawValue) }

    init?(_ message: MessageView) {
        guard message.type == UInt16(RTM_NEWROUTE), let header = message.header(as: rtmsg.self) else { return nil }
        let family: IPFamily
        switch CInt(header.rtm_family) {
        case AF_INET: family = .v4
        case AF_INET6: family = .v6
        default: return nil
        }
        let zero = family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0)
        var address = zero
        var table = UInt32(header.rtm_table)
        onLink = header.rtm_flags & UInt32(RTNH_F_ONLINK) != 0
        scope = header.rtm_scope
        routeProtocol = header.rtm_protocol
        for attribute in message.attributes(after: MemoryLayout<rtmsg>.size) {
            switch attribute.type {
            case UInt16(RTA_DST.rawValue): address = IPAddress(bytes: attribute.bytes) ?? zero
            case UInt16(RTA_GATEWAY.rawValue): gateway = IPAddress(bytes: attribute.bytes)
            case UInt16(RTA_OIF.rawValue): link = attribute.integer().map { LinkIndex($0) }
            case UInt16(RTA_PREFSRC.rawValue): source = IPAddress(bytes: attribute.bytes)
            case UInt16(RTA_PRIORITY.rawValue): priority = attribute.integer()
            case UInt16(RTA_TABLE.rawValue): table = attribute.integer() ?? table
            case UInt16(RTA_METRICS.rawValue):
                mtu = attribute.nested.first(UInt16(RTAX_MTU))?.integer()
                advertisedSegmentSize = attribute.nested.first(UInt16(RTAX_ADVMSS))?.integer()
            case UInt16(RTA_MULTIPATH.rawValue):
                guard let hop = attribute.structure(as: rtnexthop.self) else { continue }
                link = LinkIndex(hop.rtnh_ifindex)
                let hopAttributes = AttributeSequence(attribute.content.dropFirst(MemoryLayout<rtnexthop>.size))
                gateway = hopAttributes.first(UInt16(RTA_GATEWAY.rawValue)).flatMap { IPAddress(bytes: $0.bytes) }
            default: continue
            }
        }
        self.table = table
        guard let destination = IPNetwork(address, prefixLength: Int(header.rtm_dst_len)) else { return nil }
        self.destination = destination
    }
}
