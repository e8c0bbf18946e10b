internal import Addressing
internal import LinuxSystem

/// A port that a container listens on, as images and `--expose` say it.
public struct ExposedPort: Hashable, Sendable {
    /// The container's first port.
    public let first: UInt16
    /// How many ports follow each other.
    public let count: Int
    /// The transport protocol.
    public let transport: PortMapping.Transport

    /// Reads PORT[-LAST][/tcp|udp|sctp].
    public init(_ text: String) throws(RunnerError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) ?? 0 }
        guard parts.count <= 2, (1...2).contains(bounds.count), let first = bounds.first, let last = bounds.last,
            first > 0, first <= last,
            let transport = PortMapping.Transport(rawValue: parts.count == 2 ? parts[1].lowercased() : "tcp")
        else { throw .invalid(option: "--expose", value: text, expected: "PORT[-LAST][/tcp|udp|sctp]") }
        self.first = first
        count = Int(last - first) + 1
        self.transport = transport
    }
}

extension ContainerRunner {
    private static let dynamicPorts = 32_768...60_999  // ip_local_port_range's own default

    /// Mappings that publish exposed ports, each at a port of the host that nobody uses.
    public func published(_ exposed: [ExposedPort], beside ports: [PortMapping]) throws(RunnerError) -> [PortMapping] {
        var taken: Set<Int> = []
        for mapping in try store.all().flatMap(\.specification.ports) + ports {
            for offset in 0..<mapping.count { taken.insert(Int(mapping.hostPort) + offset) }
        }
        var known = Set(ports.map { "\($0.containerPort)/\($0.transport)" })
        var result: [PortMapping] = []
        for port in exposed {
            for offset in 0..<port.count {
                let inside = Int(port.first) + offset
                guard known.insert("\(inside)/\(port.transport)").inserted else { continue }
                result.append(try free(inside, port.transport, &taken))
            }
        }
        return result
    }

    private func free(
        _ inside: Int, _ transport: PortMapping.Transport, _ taken: inout Set<Int>
    ) throws(RunnerError) -> PortMapping {
        let range = Self.dynamicPorts
        let start = Int(Random.uint64() % UInt64(range.count))
        for step in 0..<range.count {
            let port = range.lowerBound + (start + step) % range.count
            guard !taken.contains(port) else { continue }
            let mapping = try PortMapping("\(port):\(inside)/\(transport.rawValue)")
            guard (try? HostPorts.requireFree([mapping])) != nil else { continue }
            taken.insert(port)
            return mapping
        }
        throw .notStarted(code: 125, reason: "-P: no port of the host is free")
    }
}
