/// Network lists that several suites use.
public enum Networks {
    /// A bridge with host-local addresses and masquerade; with published ports when `ports`.
    public static func bridge(
        _ name: String = "net", bridge: String = "br0", subnet: String = "10.88.0.0/16", subnet6: String? = nil,
        version: String = "1.0.0", ports: Bool = false, more plugins: [Document] = []
    ) -> Document {
        var ranges: [Document] = [[["subnet": .string(subnet)]]]
        var routes: [Document] = [["dst": "0.0.0.0/0"]]
        if let subnet6 {
            ranges.append([["subnet": .string(subnet6)]])
            routes.append(["dst": "::/0"])
        }
        let bridge: Document = [
            "type": "bridge", "bridge": .string(bridge), "isGateway": true, "ipMasq": true, "hairpinMode": true,
            "ipam": ["type": "host-local", "ranges": .array(ranges), "routes": .array(routes)],
        ]
        let portmap: Document = ["type": "portmap", "capabilities": ["portMappings": true]]
        return [
            "cniVersion": .string(version), "name": .string(name),
            "plugins": .array([bridge] + (ports ? [portmap] : []) + plugins),
        ]
    }

    /// Podman's default list: bridge, portmap, firewall, tuning.
    public static func podman(version: String = "0.4.0") -> Document {
        bridge(
            "podman", bridge: "cni-podman0", version: version, ports: true,
            more: [["type": "firewall"], ["type": "tuning"]])
    }

    /// The portMappings capability with one mapping.
    public static func mapping(host: Int, container: Int, transport: String = "tcp") -> [String: Document] {
        [
            "portMappings": [
                ["hostPort": .integer(host), "containerPort": .integer(container), "protocol": .string(transport)]
            ]
        ]
    }
}
