import Addressing
import CNI
import LinuxSystem
import PluginKit
import RouteNetlink

/// The host's side of bridge attachments: the bridge, its gateway addresses, the ports.
struct BridgeHost: ~Copyable {
    private var socket: RouteSocket
    private let configuration: BridgeConfiguration

    init(_ configuration: BridgeConfiguration) throws(CNIError) {
        self.configuration = configuration
        socket = try attempt("open an rtnetlink socket") { () throws(SystemError) in try RouteSocket.open() }
    }

    /// The bridge; nil when there is none of the name.
    ///
    /// Code 7 when the name belongs to something else.
    mutating func bridge() throws(CNIError) -> Link? {
        let name = configuration.bridge
        guard let link = try attempt("look up \(name)", { () throws(SystemError) in try socket.link(named: name) })
        else {
            return nil
        }
        guard link.isBridge else {
            throw .invalidConfiguration("\"bridge\": \"\(name)\" exists and is not a bridge; choose another name")
        }
        return link
    }

    /// The bridge, made when it is missing.
    ///
    /// It is shared: no failure of one ADD removes it.
    mutating func ensureBridge() throws(CNIError) -> Link {
        var link = try bridge()
        if link == nil { link = try makeBridge() }
        guard let link else {
            throw .tryAgainLater("the bridge \(configuration.bridge) was removed while it was set up")
        }
        if !configuration.vlans.isEmpty { try requireVLANFiltering(link) }
        guard !link.flags.contains(.up) || configuration.promiscuous != link.flags.contains(.promiscuous) else {
            return link
        }
        var change = LinkChange()
        change.up = true
        // As the reference does, promiscuous mode is switched on and never off.
        if configuration.promiscuous { change.promiscuous = true }
        let wanted = change
        try attempt("bring up \(configuration.bridge)") { () throws(SystemError) in try socket.set(link.index, wanted) }
        return link
    }

    private mutating func makeBridge() throws(CNIError) -> Link? {
        let name = configuration.bridge
        let mtu = try resolvedMTU()
        // A MAC of its own, pinned: otherwise the bridge takes the lowest of its ports', and changes it as they come and go.
        let wanted = NewLink(
            name, .bridge(vlanFiltering: configuration.vlans.isEmpty ? nil : true, defaultPVID: nil),
            address: LinkNaming.randomAddress(), mtu: mtu)
        do throws(SystemError) {
            let made = try socket.add(wanted)
            try Sysctl.set("net/ipv6/conf/\(name)/accept_ra", "0")
            return made
        } catch {
            // Another ADD was faster.
            if error.errno == .exists { return try bridge() }
            throw .kernelRefused("cannot make the bridge \(name)", error)
        }
    }

    private func requireVLANFiltering(_ link: Link) throws(CNIError) {
        guard case .bridge(let filtering) = link.kind else { return }
        switch filtering {
        case true: return
        case false:
            throw .invalidConfiguration(
                "\"vlan\": the bridge \(configuration.bridge) exists without VLAN filtering; remove it or choose another name"
            )
        default:
            throw .unsupportedField(
                "\"vlan\": this kernel's bridges cannot filter VLANs",
                details: "the kernel was built without CONFIG_BRIDGE_VLAN_FILTERING")
        }
    }

    /// The number of bytes for new interfaces; nil for the kernel's default.
    mutating func resolvedMTU() throws(CNIError) -> UInt32? {
        try attempt("find the MTU of the default route") { () throws(SystemError) in
            try configuration.mtu.resolve(&socket)
        }
    }

    /// Makes the pair that joins the container to the bridge and answers the host's end.
    mutating func addPort(
        _ host: LinkName, container: LinkName, address: MACAddress, bridge: Link, in network: borrowing ContainerNetwork
    ) throws(CNIError) -> Link {
        let mtu = try resolvedMTU()
        let peer = NewLink.Peer(container, address: address, in: network.namespace)
        let pair = NewLink(
            host, .veth(peer: peer), address: LinkNaming.randomAddress(), mtu: mtu, master: bridge.index)
        let link: Link
        do throws(SystemError) {
            link = try socket.add(pair)
        } catch {
            if error.errno == .exists {
                throw CNIError(
                    code: CNIError.Code.kernelRefused,
                    message: "\(container) exists in the container, or \(host) on the host: it is attached already",
                    details: error.description)
            }
            throw .kernelRefused("cannot make the interface pair \(host) and \(container)", error)
        }
        do throws(CNIError) {
            try configurePort(link)
        } catch {
            try attempt("remove \(host)") { () throws(SystemError) in _ = try socket.delete(link.index) }
            throw error
        }
        return link
    }

    /// What carries the gateway's addresses: the bridge, or with `vlan` the link `<bridge>.<vlan>`.
    ///
    /// That is one end of a pair whose other end is a port of the VLAN. It is shared, as the bridge is.
    mutating func gatewayLink(_ bridge: Link) throws(CNIError) -> Link {
        guard let vlan = configuration.vlans.native else { return bridge }
        guard let name = LinkName("\(configuration.bridge).\(vlan)") else {
            throw .invalidConfiguration(
                "\"vlan\": \"\(configuration.bridge).\(vlan)\", the gateway's link, is longer than 15 bytes")
        }
        let port = LinkNaming.hostEnd(network: "", containerID: "", interface: name.text)
        if try link(named: name) == nil {
            let pair = NewLink(
                port, .veth(peer: NewLink.Peer(name, address: LinkNaming.randomAddress())),
                address: LinkNaming.randomAddress(), mtu: try resolvedMTU(), master: bridge.index)
            do throws(SystemError) {
                _ = try socket.add(pair)
            } catch {
                // With EEXIST another ADD was faster.
                if error.errno != .exists { throw .kernelRefused("cannot make the gateway's link \(name)", error) }
            }
        }
        guard let carrier = try link(named: name), let end = try link(named: port) else {
            throw .tryAgainLater("the gateway's link \(name) was removed while it was set up")
        }
        // Each time: an earlier ADD may have died between making the pair and this.
        var change = LinkChange()
        change.up = true
        let wanted = change
        try attempt("configure the gateway's link \(name)") { () throws(SystemError) in
            try setVLANs([BridgeVLAN(vlan, isPVID: true, isUntagged: true)], of: end)
            try socket.set(carrier.index, wanted)
        }
        return carrier
    }

    private mutating func setVLANs(_ vlans: [BridgeVLAN], of port: Link) throws(SystemError) {
        var batch = RouteBatch()
        if !configuration.vlans.preservesDefault, configuration.vlans.native != 1 {
            batch.deleteVLANs([BridgeVLAN(1)], from: port.index)
        }
        batch.addVLANs(vlans, to: port.index)
        try socket.perform(batch).check(tolerating: [(request: 0, errno: .noEntry)])
    }

    private mutating func configurePort(_ port: Link) throws(CNIError) {
        try attempt("configure the port \(port.name)") { () throws(SystemError) in
            // A port is no IPv6 host: it takes no router's advertisement and no address, and the kernel's list of multicast
            // routes, which it goes through for every new one, does not grow with the containers.
            try Sysctl.set("net/ipv6/conf/\(port.name)/disable_ipv6", "1")
            if configuration.hairpin || configuration.portIsolation {
                var change = LinkChange()
                if configuration.hairpin { change.hairpin = true }
                if configuration.portIsolation { change.isolated = true }
                try socket.set(port.index, change)
            }
            if !configuration.vlans.isEmpty { try setVLANs(configuration.vlans.ofPort, of: port) }
        }
    }

    /// Waits until frames pass the port, after the container's end was brought up.
    mutating func waitForPort(_ port: Link) throws(CNIError) {
        try attempt("wait for the port \(port.name)") { () throws(SystemError) in
            try socket.waitUntilOperational(port.index, milliseconds: BridgeHost.portDeadline)
        }
    }

    /// Milliseconds; older kernels' worker may take one second, and a busy machine several.
    private static let portDeadline = 10_000

    /// Gives the bridge, or what carries the gateway for a VLAN, its addresses, and makes the host forward.
    mutating func ensureGateways(_ gateways: [IPNetwork], on link: Link) throws(CNIError) {
        for gateway in gateways {
            if gateway.family == .v6 {
                _ = try attempt("enable IPv6 on \(link.name)") { () throws(SystemError) in
                    try Sysctl.ensure("net/ipv6/conf/\(link.name)/disable_ipv6", "0")
                }
            }
            var batch = RouteBatch()
            batch.add(InterfaceAddress(gateway, on: link.index))
            let outcome = try attempt("add \(gateway) to \(link.name)") { () throws(SystemError) in
                let outcome = try socket.perform(batch)
                try outcome.check(tolerating: [(request: 0, errno: .exists)])
                return outcome
            }
            // There already: nothing else can have changed, and no address needs to be listed.
            if outcome.errors[0] == nil { try settleConflicts(with: gateway, on: link) }
        }
        try enableForwarding(gateways)
    }

    /// A bridge carries one IPv4 network, and IPv6 networks that do not overlap.
    ///
    /// Another one is removed with `forceAddress`, else the new address goes again and the ADD fails.
    private mutating func settleConflicts(with gateway: IPNetwork, on link: Link) throws(CNIError) {
        let present = try attempt("list the addresses of \(link.name)") { () throws(SystemError) in
            try socket.addresses(of: link.index)
        }
        let others = present.filter { address in
            address.network != gateway && address.network.family == gateway.family
                && !address.network.address.isLinkLocal
                && (gateway.family == .v4 || address.network.overlaps(gateway))
        }
        guard let other = others.first else { return }
        var batch = RouteBatch()
        if configuration.forceAddress {
            for address in others { batch.delete(address) }
        } else {
            batch.delete(InterfaceAddress(gateway, on: link.index))
        }
        try attempt("change the addresses of \(link.name)") { () throws(SystemError) in
            let outcome = try socket.perform(batch)
            for error in outcome.errors {
                if let error, error.errno != .addressNotAvailable { throw error }
            }
        }
        guard !configuration.forceAddress else { return }
        throw .invalidConfiguration(
            "\"bridge\": \(link.name) has the address \(other.network), not the gateway's \(gateway); "
                + "\"forceAddress\" would replace it")
    }

    private mutating func enableForwarding(_ gateways: [IPNetwork]) throws(CNIError) {
        try attempt("enable forwarding") { () throws(SystemError) in
            for (family, key) in [(IPFamily.v4, "net/ipv4/ip_forward"), (.v6, "net/ipv6/conf/all/forwarding")]
            where gateways.contains(where: { $0.family == family }) {
                if try socket.forwards(family) == false { try Sysctl.write(key, "1") }
            }
        }
    }

    /// The link of a number; nil when there is none.
    mutating func link(_ index: LinkIndex) throws(CNIError) -> Link? {
        try attempt("look up the link \(index)") { () throws(SystemError) in try socket.link(index) }
    }

    /// Code 50 when an existing bridge shows that the kernel lacks what the configuration needs.
    mutating func checkKernel() throws(CNIError) {
        guard !configuration.vlans.isEmpty, let bridge = try bridge() else { return }
        do throws(CNIError) {
            try requireVLANFiltering(bridge)
        } catch {
            throw .notAvailable(error.message, details: error.details)
        }
    }

    /// The link of a name; nil when there is none.
    mutating func link(named name: LinkName) throws(CNIError) -> Link? {
        try attempt("look up \(name)") { () throws(SystemError) in try socket.link(named: name) }
    }

    /// Whether the other end of a container's link is a port that an ADD of this suite made.
    mutating func isHostEndOfOurs(of container: Link) throws(CNIError) -> Bool {
        // A number counts in its own namespace: the two ends must name each other.
        guard let index = container.peer, let end = try link(index), end.peer == container.index else { return false }
        return LinkNaming.isHostEnd(end.name)
    }

    /// Removes a port, and with it the container's end; false when there is none.
    mutating func removePort(_ name: LinkName, waiting: Bool) throws(CNIError) -> Bool {
        guard let link = try link(named: name) else { return false }
        return try attempt("remove \(name)") { () throws(SystemError) in
            waiting ? try socket.delete(link.index) : try DetachedRemoval.delete(link.index)
        }
    }
}
