internal import Addressing
internal import LinuxSystem
internal import Nftables

/// What connection tracking remembers of UDP peers from before a port was published, or after it was withdrawn.
///
/// As long as such a peer keeps sending, its packets would go on to where they went before.
public enum StaleConnections {
    /// Makes the kernel forget the flows whose first packet went to a published UDP port.
    ///
    /// Answers how many; where connection tracking cannot be asked there are none.
    @discardableResult
    public static func forget(_ elements: [FirewallElement]) -> Int {
        var forgotten = 0
        for family in [IPFamily.v4, .v6] {
            let patterns = elements.compactMap { $0.set.family == family ? $0.flows : nil }
            if patterns.isEmpty { continue }
            do throws(SystemError) {
                var socket = try ConntrackSocket.open()
                forgotten += try socket.delete(family, matching: patterns)
            } catch {
                // The rules are right already; an old flow ends with its timeout.
                continue
            }
        }
        return forgotten
    }
}

extension FirewallElement {
    /// The flows that a published UDP port is about; nil for every other element.
    var flows: FlowPattern? {
        guard set.kind.isContested else { return nil }
        var transport: TransportProtocol?
        var destination: IPAddress?
        var first: UInt16?
        for field in key {
            switch field {
            case .transport(let number): transport = number
            case .address(let address): destination = address
            case .port(let port): first = port
            default: continue
            }
        }
        guard let first, let transport, transport == .udp || transport == .udplite else { return nil }
        var last = first
        if case .port(let port)? = lastKey.last { last = max(first, port) }
        return FlowPattern(transport, destinationPorts: first...last, destination: destination)
    }
}
