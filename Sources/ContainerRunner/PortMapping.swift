public import Addressing
public import JSON

/// One `-p` option: ports of the host that lead to ports of a container.
public struct PortMapping: Hashable, Sendable, CustomStringConvertible {
    /// What carries a port number.
    public enum Transport: String, Hashable, Sendable, CaseIterable {
        /// The stream protocol.
        case tcp
        /// The datagram protocol.
        case udp
        /// SCTP.
        case sctp
    }

    /// The host's address that is listened on; nil for all.
    public let hostAddress: IPAddress?
    /// The host's first port.
    public let hostPort: UInt16
    /// The container's first port.
    public let containerPort: UInt16
    /// How many ports follow each other.
    public let count: Int
    /// The transport protocol.
    public let transport: Transport

    static let syntax = "[HOSTIP:]HOSTPORT[-LAST]:CONTAINERPORT[-LAST][/tcp|udp|sctp]"

    /// Reads docker's notation; an IPv6 address stands in brackets.
    public init(_ text: String) throws(RunnerError) {
        func refused(_ why: String = PortMapping.syntax) -> RunnerError {
            .invalid(option: "-p", value: text, expected: why)
        }
        var rest = Substring(text)
        if let slash = rest.lastIndex(of: "/") {
            guard let transport = Transport(rawValue: rest[rest.index(after: slash)...].lowercased()) else {
                throw refused("a mapping whose protocol is tcp, udp or sctp")
            }
            self.transport = transport
            rest = rest[..<slash]
        } else {
            transport = .tcp
        }
        guard let lastColon = rest.lastIndex(of: ":") else { throw refused() }
        let container = rest[rest.index(after: lastColon)...]
        var host = rest[..<lastColon]
        if let colon = host.lastIndex(of: ":") {
            var address = host[..<colon]
            if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
            guard let parsed = IPAddress(address) else {
                throw refused("a mapping whose host address is an IP address, [in brackets] for IPv6")
            }
            // The unspecified IPv4 address is docker's way to say: every address.
            hostAddress = parsed.isUnspecified && parsed.family == .v4 ? nil : parsed
            host = host[host.index(after: colon)...]
        } else {
            hostAddress = nil
        }
        guard let hostRange = Self.range(host), let containerRange = Self.range(container) else { throw refused() }
        guard hostRange.count == containerRange.count || containerRange.count == 1 && hostRange.count == 1 else {
            throw refused("a mapping with as many host ports as container ports")
        }
        hostPort = hostRange.lowerBound
        containerPort = containerRange.lowerBound
        count = hostRange.count
    }

    private static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ port($0) }) else { return nil }
        guard parts.count == 2 else { return first...first }
        guard let last = port(parts[1]), last >= first else { return nil }
        return first...last
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0
        else { return nil }
        return port
    }

    /// The entries of the `portMappings` capability: one for each port.
    public var capabilityEntries: [JSONValue] {
        (0..<count).map { offset in
            var entry = JSONObject([
                ("hostPort", .integer(Int64(hostPort) + Int64(offset))),
                ("containerPort", .integer(Int64(containerPort) + Int64(offset))),
                ("protocol", .string(transport.rawValue)),
            ])
            if let hostAddress { entry["hostIP"] = .string(hostAddress.description) }
            return .object(entry)
        }
    }

    /// As `-p` takes it.
    public var description: String {
        func range(_ first: UInt16) -> String { count == 1 ? "\(first)" : "\(first)-\(Int(first) + count - 1)" }
        let address = hostAddress.map { $0.family == .v6 ? "[\($0)]:" : "\($0):" } ?? ""
        return "\(address)\(range(hostPort)):\(range(containerPort))/\(transport.rawValue)"
    }
}
