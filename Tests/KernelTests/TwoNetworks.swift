import TestSupport

/// A container that publishes ports, its neighbour on the same bridge, and a container of another network.
struct TwoNetworks {
    let host: TestHost
    let container: Container
    let neighbour: Container
    let stranger: Container
    let chain: Chain

    static let address = ["10.88.0.2", "fd00:88::2"]
    static let neighbourAddress = ["10.88.0.3", "fd00:88::3"]
    static let gateway = ["10.88.0.1", "fd00:88::1"]
    static let strangerAddress = ["10.89.0.2", "fd00:89::2"]
    static let hostAddress = [TestHost.uplinkAddress, "2001:db8:1::1"]
    static let outsideAddress = [TestHost.outsideAddress, "2001:db8:1::2"]

    /// Attaches the neighbour and the stranger without ports; `attach` adds the container.
    init(
        _ host: TestHost, portmap: Document = ["type": "portmap", "capabilities": ["portMappings": true]],
        more plugins: [Document] = [], bridge settings: [String: Document] = [:]
    ) throws {
        self.host = host
        func list(_ name: String, _ bridge: String, _ subnet: String, _ subnet6: String) -> Document {
            var list = Networks.bridge(name, bridge: bridge, subnet: subnet, subnet6: subnet6, version: "1.1.0")
            var first = list["plugins"].elements[0]
            // Hairpin mode is portmap's to turn on where it is needed.
            first["hairpinMode"] = false
            for (key, value) in settings { first[key] = value }
            list["plugins"] = .array([first, portmap] + plugins)
            return list
        }
        chain = Chain(list("net", "br0", "10.88.0.0/16", "fd00:88::/64"), on: host)
        let other = Chain(list("other", "br1", "10.89.0.0/16", "fd00:89::/64"), on: host)
        container = try host.makeContainer("c")
        neighbour = try host.makeContainer("neighbour")
        stranger = try host.makeContainer("stranger")
        try other.add(CNIAttachment(stranger))
    }

    /// Attaches the container, then its neighbour, so that their addresses are `address` and `neighbourAddress`.
    @discardableResult
    func attach(_ mappings: Document) throws -> CNIAttachment {
        let attachment = CNIAttachment(container, capabilityArguments: ["portMappings": mappings])
        try chain.add(attachment)
        try chain.add(CNIAttachment(neighbour))
        return attachment
    }

    func filterBridgedFrames(_ filtered: Bool) throws {
        let value = filtered ? 1 : 0
        try host.shell(
            "sysctl -qw net.bridge.bridge-nf-call-iptables=\(value) net.bridge.bridge-nf-call-ip6tables=\(value)")
    }

    /// Who the listener sees when `place` connects; nil when nobody gets through.
    func peer(
        from place: Place, to address: String, port: UInt16, _ listener: Socket
    ) -> String? {
        // A first neighbour solicitation may be repeated after a second.
        let patience = address.contains(":") ? Duration.seconds(3) : .milliseconds(700)
        guard (try? Socket.connected(to: address, port: port, in: place, within: patience)) != nil else { return nil }
        return try? listener.accept(within: patience).peer
    }
}
