internal import Addressing
internal import CLinuxABI
internal import LinuxSystem
internal import Netlink

/// rtnetlink requests that are sent together; each function appends one and answers its index.
public struct RouteBatch: ~Copyable {
    var netlink = NetlinkBatch()

    /// No requests.
    public init() {}

    /// How many requests there are.
    public var count: Int { netlink.count }

    /// Makes an interface.
    ///
    /// EEXIST when the name is taken. The kernel's echo tells the new interface.
    @discardableResult
    public mutating func add(_ link: NewLink) -> Int {
        let flags = UInt16(NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO)
        return netlink.request(UInt16(RTM_NEWLINK), flags: flags, header: linkHeader(up: link.up ? true : nil)) {
            message in
            message.put(UInt16(IFLA_IFNAME), string: link.name.text)
            if let address = link.address { message.put(UInt16(IFLA_ADDRESS), bytes: address.bytes) }
            if let mtu = link.mtu { message.put(UInt16(IFLA_MTU), mtu) }
            if let master = link.master { message.put(UInt16(IFLA_MASTER), UInt32(bitPattern: master.rawValue)) }
            message.nest(UInt16(IFLA_LINKINFO)) { info in
                switch link.kind {
                case .bridge(let filtering, let pvid):
                    info.put(UInt16(IFLA_INFO_KIND), string: "bridge")
                    guard filtering != nil || pvid != nil else { return }
                    info.nest(UInt16(IFLA_INFO_DATA)) { data in
                        if let filtering { data.put(UInt16(IFLA_BR_VLAN_FILTERING), UInt8(filtering ? 1 : 0)) }
                        if let pvid { data.put(UInt16(IFLA_BR_VLAN_DEFAULT_PVID), pvid) }
                    }
                case .veth(let peer):
                    info.put(UInt16(IFLA_INFO_KIND), string: "veth")
                    info.nest(UInt16(IFLA_INFO_DATA)) { data in
                        data.nest(UInt16(VETH_INFO_PEER)) { $0.putPeer(peer, mtu: link.mtu) }
                    }
                }
            }
        }
    }

    /// Changes an interface.
    ///
    /// The kernel brings it up before it looks at `announcesAddresses`: that belongs into a request before.
    @discardableResult
    public mutating func set(_ link: LinkIndex, _ change: LinkChange) -> Int {
        var header = linkHeader(up: change.up, index: link)
        header.setFlag(IFF_PROMISC_BIT, change.promiscuous)
        header.setFlag(IFF_ALLMULTI_BIT, change.allMulticast)
        return netlink.request(UInt16(RTM_NEWLINK), flags: 0, header: header) { message in
            if let name = change.name { message.put(UInt16(IFLA_IFNAME), string: name.text) }
            if let address = change.address { message.put(UInt16(IFLA_ADDRESS), bytes: address.bytes) }
            if let mtu = change.mtu { message.put(UInt16(IFLA_MTU), mtu) }
            if let master = change.master { message.put(UInt16(IFLA_MASTER), UInt32(bitPattern: master.rawValue)) }
            if let length = change.transmitQueueLength { message.put(UInt16(IFLA_TXQLEN), length) }
            if let alias = change.alias { message.put(UInt16(IFLA_IFALIAS), bytes: Array(alias.utf8)) }
            guard let announces = change.announcesAddresses else { return }
            message.nest(UInt16(IFLA_AF_SPEC)) { families in
                families.nest(UInt16(AF_INET)) { family in
                    family.nest(UInt16(IFLA_INET_CONF)) { settings in
                        settings.put(UInt16(IPV4_DEVCONF_ARP_NOTIFY), UInt32(announces ? 1 : 0))
                    }
                }
            }
        }
    }

    /// Changes the settings of a bridge's port; for `hairpin` and `isolated` of a LinkChange.
    @discardableResult
    public mutating func setBridgePort(_ link: LinkIndex, _ change: LinkChange) -> Int {
        var header = linkHeader(up: nil, index: link)
        header.ifi_family = UInt8(AF_BRIDGE)
        return netlink.request(UInt16(RTM_SETLINK), flags: 0, header: header) { message in
            message.nest(UInt16(IFLA_PROTINFO)) { port in
                if let hairpin = change.hairpin { port.put(UInt16(IFLA_BRPORT_MODE), UInt8(hairpin ? 1 : 0)) }
                if let isolated = change.isolated { port.put(UInt16(IFLA_BRPORT_ISOLATED), UInt8(isolated ? 1 : 0)) }
            }
        }
    }

    /// Switches the hairpin mode of the bridge's port of a name.
    ///
    /// ENODEV when there is no such interface, EOPNOTSUPP when it is no port.
    @discardableResult
    public mutating func setHairpin(_ hairpin: Bool, of name: LinkName) -> Int {
        netlink.request(UInt16(RTM_NEWLINK), flags: 0, header: linkHeader(up: nil)) { message in
            message.put(UInt16(IFLA_IFNAME), string: name.text)
            message.nest(UInt16(IFLA_LINKINFO)) { info in
                info.nest(UInt16(IFLA_INFO_SLAVE_DATA)) { port in
                    port.put(UInt16(IFLA_BRPORT_MODE), UInt8(hairpin ? 1 : 0))
                }
            }
        }
    }

    /// Puts a bridge port into VLANs; `onBridge` puts the bridge device itself into them.
    @discardableResult
    public mutating func addVLANs(_ vlans: [BridgeVLAN], to link: LinkIndex, onBridge: Bool = false) -> Int {
        changeVLANs(UInt16(RTM_SETLINK), vlans, link, onBridge: onBridge)
    }

    /// Takes a bridge port out of VLANs.
    @discardableResult
    public mutating func deleteVLANs(_ vlans: [BridgeVLAN], from link: LinkIndex) -> Int {
        changeVLANs(UInt16(RTM_DELLINK), vlans, link, onBridge: false)
    }

    @inline(never)
    private mutating func changeVLANs(_ type: UInt16, _ vlans: [BridgeVLAN], _ link: LinkIndex, onBridge: Bool) -> Int {
        var header = linkHeader(up: nil, index: link)
        header.ifi_family = UInt8(AF_BRIDGE)
        return netlink.request(type, flags: 0, header: header) { message in
            message.nest(UInt16(IFLA_AF_SPEC)) { specification in
                if onBridge { specification.put(UInt16(IFLA_BRIDGE_FLAGS), UInt16(BRIDGE_FLAGS_SELF)) }
                for vlan in vlans {
                    var flags: UInt16 = vlan.isPVID ? UInt16(BRIDGE_VLAN_INFO_PVID) : 0
                    if vlan.isUntagged { flags |= UInt16(BRIDGE_VLAN_INFO_UNTAGGED) }
                    let type = UInt16(IFLA_BRIDGE_VLAN_INFO)
                    guard vlan.last > vlan.first else {
                        specification.put(type, structure: bridge_vlan_info(flags: flags, vid: vlan.first))
                        continue
                    }
                    let begin = flags | UInt16(BRIDGE_VLAN_INFO_RANGE_BEGIN)
                    let end = flags | UInt16(BRIDGE_VLAN_INFO_RANGE_END)
                    specification.put(type, structure: bridge_vlan_info(flags: begin, vid: vlan.first))
                    specification.put(type, structure: bridge_vlan_info(flags: end, vid: vlan.last))
                }
            }
        }
    }

    /// Removes an interface.
    ///
    /// ENODEV when there is none.
    @discardableResult
    public mutating func delete(_ link: LinkIndex) -> Int {
        netlink.request(UInt16(RTM_DELLINK), flags: 0, header: linkHeader(up: nil, index: link))
    }

    /// Adds an address.
    ///
    /// EEXIST when the interface has it.
    @discardableResult
    public mutating func add(_ address: InterfaceAddress) -> Int {
        change(address, UInt16(RTM_NEWADDR), flags: UInt16(NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Removes an address.
    ///
    /// EADDRNOTAVAIL when the interface has it not.
    @discardableResult
    public mutating func delete(_ address: InterfaceAddress) -> Int {
        change(address, UInt16(RTM_DELADDR), flags: 0)
    }

    @inline(never)
    private mutating func change(_ address: InterfaceAddress, _ type: UInt16, flags: UInt16) -> Int {
        let network = address.network
        let header = ifaddrmsg(
            ifa_family: familyNumber(network.family), ifa_prefixlen: UInt8(network.prefixLength),
            ifa_flags: UInt8(truncatingIfNeeded: address.flags.rawValue), ifa_scope: address.scope,
            ifa_index: UInt32(bitPattern: address.link.rawValue))
        return netlink.request(type, flags: flags, header: header) { message in
            message.put(UInt16(IFA_LOCAL), bytes: network.address.bytes)
            message.put(UInt16(IFA_ADDRESS), bytes: network.address.bytes)
            if network.family == .v4, network.prefixLength < 31 {
                message.put(UInt16(IFA_BROADCAST), bytes: network.last.bytes)
            }
            if address.flags.rawValue != 0 { message.put(UInt16(IFA_FLAGS), address.flags.rawValue) }
        }
    }

    /// What is done with a route that is there already.
    public enum RouteMode: Sendable {
        /// EEXIST when there is one to the same destination with the same priority.
        case exclusive
        /// Takes the place of such a one.
        case replace
        /// Stands behind such a one.
        case append
    }

    /// Adds a route.
    @discardableResult
    public mutating func add(_ route: Route, _ mode: RouteMode) -> Int {
        var flags = UInt16(NLM_F_CREATE)
        switch mode {
        case .exclusive: flags |= UInt16(NLM_F_EXCL)
        case .replace: flags |= UInt16(NLM_F_REPLACE)
        case .append: flags |= UInt16(NLM_F_APPEND)
        }
        return change(route, UInt16(RTM_NEWROUTE), flags: flags)
    }

    /// Removes a route.
    ///
    /// ESRCH when there is none like it.
    @discardableResult
    public mutating func delete(_ route: Route) -> Int { change(route, UInt16(RTM_DELROUTE), flags: 0) }

    @inline(never)
    private mutating func change(_ route: Route, _ type: UInt16, flags: UInt16) -> Int {
        let table = route.tableNumber
        let scope = route.scope ?? (route.gateway == nil && route.destination.family == .v4 ? 253 : 0)
        let removing = type == UInt16(RTM_DELROUTE)
        let header = rtmsg(
            rtm_family: familyNumber(route.destination.family), rtm_dst_len: UInt8(route.destination.prefixLength),
            rtm_src_len: 0, rtm_tos: 0, rtm_table: table < 256 ? UInt8(table) : 0,
            rtm_protocol: route.routeProtocol ?? (removing ? 0 : UInt8(RTPROT_BOOT)),
            rtm_scope: removing && route.scope == nil ? 255 : scope, rtm_type: removing ? 0 : UInt8(RTN_UNICAST),
            rtm_flags: route.onLink ? UInt32(RTNH_F_ONLINK) : 0)
        return netlink.request(type, flags: flags, header: header) { message in
            if route.destination.prefixLength > 0 {
                message.put(UInt16(RTA_DST.rawValue), bytes: route.destination.address.bytes)
            }
            if let gateway = route.gateway { message.put(UInt16(RTA_GATEWAY.rawValue), bytes: gateway.bytes) }
            if let link = route.link { message.put(UInt16(RTA_OIF.rawValue), UInt32(bitPattern: link.rawValue)) }
            if let source = route.source { message.put(UInt16(RTA_PREFSRC.rawValue), bytes: source.bytes) }
            if let priority = route.priority { message.put(UInt16(RTA_PRIORITY.rawValue), priority) }
            if table >= 256 { message.put(UInt16(RTA_TABLE.rawValue), table) }
            guard route.mtu != nil || route.advertisedSegmentSize != nil else { return }
            message.nest(UInt16(RTA_METRICS.rawValue)) { metrics in
                if let mtu = route.mtu { metrics.put(UInt16(RTAX_MTU), mtu) }
                if let size = route.advertisedSegmentSize { metrics.put(UInt16(RTAX_ADVMSS), size) }
            }
        }
    }
}

/// IFF_PROMISC and IFF_ALLMULTI of linux/if.h.
private let IFF_PROMISC_BIT: UInt32 = 0x100
private let IFF_ALLMULTI_BIT: UInt32 = 0x200

func familyNumber(_ family: IPFamily) -> UInt8 { family == .v4 ? UInt8(AF_INET) : UInt8(AF_INET6) }

/// `up` nil leaves the state alone: only the flags named in ifi_change are touched.
private func linkHeader(up: Bool?, index: LinkIndex? = nil) -> ifinfomsg {
    var header = ifinfomsg()
    header.ifi_index = index?.rawValue ?? 0
    header.setFlag(1, up)
    return header
}

extension ifinfomsg {
    fileprivate mutating func setFlag(_ bit: UInt32, _ value: Bool?) {
        guard let value else { return }
        ifi_change |= bit
        if value { ifi_flags |= bit }
    }
}

extension NetlinkBatch {
    fileprivate mutating func putPeer(_ peer: NewLink.Peer, mtu: UInt32?) {
        putBare(ifinfomsg())
        put(UInt16(IFLA_IFNAME), string: peer.name.text)
        if let address = peer.address { put(UInt16(IFLA_ADDRESS), bytes: address.bytes) }
        if let mtu { put(UInt16(IFLA_MTU), mtu) }
        if let descriptor = peer.namespaceDescriptor { put(UInt16(IFLA_NET_NS_FD), UInt32(bitPattern: descriptor)) }
    }
}
