public import Addressing
internal import CLinuxABI
internal import Netlink

/// A network interface as the kernel reported it.
public final class Link: Sendable {
    /// IFF_* flags.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// As in linux/if.h.
        public let rawValue: UInt32
        /// Wraps IFF_* bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Administratively up.
        public static let up = Flags(rawValue: 1)
        /// A loopback interface.
        public static let loopback = Flags(rawValue: 8)
        /// Takes frames for every address.
        public static let promiscuous = Flags(rawValue: 0x100)
        /// Takes every multicast frame.
        public static let allMulticast = Flags(rawValue: 0x200)
        /// Has a carrier.
        public static let lowerUp = Flags(rawValue: 0x10000)
    }

    /// What it is: IFLA_INFO_KIND.
    public enum Kind: Hashable, Sendable {
        /// A bridge. `vlanFiltering` is nil when the kernel has no such feature.
        case bridge(vlanFiltering: Bool?)
        /// One end of a pair.
        case veth
        /// Another kind, by the kernel's name; empty for hardware and loopback.
        case other(String)
    }

    /// Settings of a bridge's port: IFLA_BRPORT_*.
    public struct BridgePort: Hashable, Sendable {
        /// Frames may leave by the port they came from.
        public let hairpin: Bool
        /// No traffic to other isolated ports.
        public let isolated: Bool
    }

    /// Its number in the namespace it was listed in.
    public let index: LinkIndex
    /// Its name there.
    public let name: String
    /// Hardware address; nil where the kind has none of six bytes.
    public let address: MACAddress?
    /// Bytes, without the link header.
    public let mtu: UInt32
    /// IFF_* flags.
    public let flags: Flags
    /// Whether it passes frames on: IFLA_OPERSTATE is IF_OPER_UP.
    public let isOperational: Bool
    /// The bridge or other master it belongs to.
    public let master: LinkIndex?
    /// IFLA_LINK: the other end of a veth, the parent of a macvlan; its number counts in that end's namespace.
    public let peer: LinkIndex?
    /// IFLA_LINK_NETNSID: present when `peer` lies in another namespace.
    public let peerNamespace: Int32?
    /// Packets that may wait in its queue.
    public let transmitQueueLength: UInt32
    /// How many have asked for promiscuous mode.
    public let promiscuity: UInt32
    /// A text of the administrator's: IFLA_IFALIAS.
    public let alias: String
    /// What it is.
    public let kind: Kind
    /// Present for a port of a bridge.
    public let bridgePort: BridgePort?

    init?(_ message: MessageView) {
        guard message.type == UInt16(RTM_NEWLINK), let header = message.header(as: ifinfomsg.self),
            header.ifi_index > 0
        else { return nil }
        index = LinkIndex(header.ifi_index)
        flags = Flags(rawValue: header.ifi_flags)
        var name = ""
        var address: MACAddress?
        var mtu: UInt32 = 0
        var master: LinkIndex?
        var peer: LinkIndex?
        var peerNamespace: Int32?
        var queue: UInt32 = 0
        var promiscuity: UInt32 = 0
        var alias = ""
        var state: UInt8 = 0
        var kind = Kind.other("")
        var port: BridgePort?
        for attribute in message.attributes(after: MemoryLayout<ifinfomsg>.size) {
            switch Int(attribute.type) {
            case Int(IFLA_IFNAME): name = attribute.string
            case Int(IFLA_ADDRESS): address = MACAddress(bytes: attribute.bytes)
            case Int(IFLA_MTU): mtu = attribute.integer() ?? 0
            case Int(IFLA_OPERSTATE): state = attribute.integer() ?? 0
            case Int(IFLA_MASTER): master = attribute.integer().map { LinkIndex($0) }
            case Int(IFLA_LINK): peer = attribute.integer().map { LinkIndex($0) }
            case Int(IFLA_LINK_NETNSID): peerNamespace = attribute.integer()
            case Int(IFLA_TXQLEN): queue = attribute.integer() ?? 0
            case Int(IFLA_PROMISCUITY): promiscuity = attribute.integer() ?? 0
            case Int(IFLA_IFALIAS): alias = attribute.string
            case Int(IFLA_LINKINFO): (kind, port) = Link.decodeInfo(attribute.nested)
            default: continue
            }
        }
        self.name = name
        self.address = address
        self.mtu = mtu
        isOperational = state == UInt8(IF_OPER_UP)
        self.master = master
        self.peer = peer
        self.peerNamespace = peerNamespace
        transmitQueueLength = queue
        self.promiscuity = promiscuity
        self.alias = alias
        self.kind = kind
        bridgePort = port
    }

    private static func decodeInfo(_ attributes: AttributeSequence) -> (Kind, BridgePort?) {
        let name = attributes.first(UInt16(IFLA_INFO_KIND))?.string ?? ""
        var kind = Kind.other(name)
        if name == "veth" { kind = .veth }
        if name == "bridge" {
            let filtering: UInt8? = attributes.first(UInt16(IFLA_INFO_DATA))?.nested
                .first(UInt16(IFLA_BR_VLAN_FILTERING))?.integer()
            kind = .bridge(vlanFiltering: filtering.map { $0 != 0 })
        }
        guard attributes.first(UInt16(IFLA_INFO_SLAVE_KIND))?.string == "bridge",
            let data = attributes.first(UInt16(IFLA_INFO_SLAVE_DATA))?.nested
        else { return (kind, nil) }
        let hairpin: UInt8? = data.first(UInt16(IFLA_BRPORT_MODE))?.integer()
        let isolated: UInt8? = data.first(UInt16(IFLA_BRPORT_ISOLATED))?.integer()
        return (kind, BridgePort(hairpin: hairpin == 1, isolated: isolated == 1))
    }

    /// Whether it is a bridge.
    public var isBridge: Bool {
        if case .bridge = kind { return true }
        return false
    }
}
