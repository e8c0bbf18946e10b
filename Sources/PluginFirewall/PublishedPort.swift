public import Addressing
internal import Nftables

/// A port, or a range of ports, of the host that leads to a container.
public struct PublishedPort: Hashable, Sendable, CustomStringConvertible {
    /// A transport protocol whose ports can be published.
    public enum Transport: String, Hashable, Sendable, CaseIterable {
        /// RFC 9293.
        case tcp
        /// RFC 768.
        case udp
        /// RFC 9260.
        case sctp
        /// RFC 4340.
        case dccp
        /// RFC 3828.
        case udplite

        var number: TransportProtocol {
            switch self {
            case .tcp: .tcp
            case .udp: .udp
            case .sctp: .sctp
            case .dccp: .dccp
            case .udplite: .udplite
            }
        }
    }

    /// The transport protocol.
    public let transport: Transport
    /// The host's address; nil for all of them.
    public let hostAddress: IPAddress?
    /// The host's first port.
    public let hostPort: UInt16
    /// The container's first port.
    public let containerPort: UInt16
    /// How many ports, one after the other, both on the host and in the container.
    public let count: Int

    /// Describes a port, or `count` ports that end at 65535 at the latest.
    ///
    /// An unspecified address stands for all of its family.
    public init(
        _ transport: Transport, hostAddress: IPAddress?, hostPort: UInt16, containerPort: UInt16, count: Int = 1
    ) {
        precondition(count >= 1 && Int(max(hostPort, containerPort)) + count - 1 <= 65535, "the range ends at 65535")
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.count = count
    }

    /// The host's last port.
    public var lastHostPort: UInt16 { hostPort + UInt16(count - 1) }

    /// As an owner of the range would say it: `tcp 8080`, `tcp 192.0.2.1:8080-8090`.
    public var description: String {
        var text = "\(transport.rawValue) "
        if let hostAddress { text += hostAddress.family == .v6 ? "[\(hostAddress)]:" : "\(hostAddress):" }
        text += "\(hostPort)"
        return count == 1 ? text : text + "-\(lastHostPort)"
    }

    static func transport(named name: String) -> TransportProtocol? {
        if let transport = Transport(rawValue: name) { return transport.number }
        return UInt8(name).map { TransportProtocol(number: $0) }
    }

    /// The most hash elements that one attachment may have in one family.
    public static let elementLimit = 4096

    /// Whether it is published for containers' addresses of this family.
    public func concerns(_ family: IPFamily) -> Bool { hostAddress.map { $0.family == family } ?? true }

    /// How many elements it needs in the maps of one family.
    public var elementCount: Int { isInterval ? 1 : count }

    /// Whether one element of `ranges` says all: nf_tables cannot shift a range, nor look one up beside an address.
    private var isInterval: Bool { count > 1 && hostPort == containerPort && specificAddress == nil }

    private var specificAddress: IPAddress? {
        guard let hostAddress, !hostAddress.isUnspecified else { return nil }
        return hostAddress
    }

    /// The elements that publish it for the container's address.
    func elements(to container: IPAddress, condition: String) -> [FirewallElement] {
        let family = container.family
        let transport = Field.transport(transport.number)
        if isInterval {
            return [
                FirewallElement(
                    SharedSet(.ranges, family, condition: condition), [transport, .port(hostPort)],
                    through: [transport, .port(lastHostPort)], value: .data([.address(container)]))
            ]
        }
        let set = SharedSet(specificAddress == nil ? .ports : .hostip, family, condition: condition)
        var elements: [FirewallElement] = []
        for offset in 0..<UInt16(count) {
            var key = [transport, Field.port(hostPort + offset)]
            if let specificAddress { key.insert(.address(specificAddress), at: 0) }
            elements.append(
                FirewallElement(set, key, value: .data([.address(container), .port(containerPort + offset)])))
        }
        return elements
    }
}
