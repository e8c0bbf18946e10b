import TestSupport

/// Which packets pass on a host, and from whom they seem to come: one line per probe.
struct Reachability {
    let host: TestHost
    let container: Container
    let neighbour: Container
    let address: String
    let neighbourAddress: String
    let gateway: String

    /// What does not pass costs this much: above a second, after which a lost first packet (SYN or ARP) is sent again.
    private static let patience = Duration.milliseconds(2500)

    /// Probes between containers, host and outside, and to a published port of the container if there is one.
    func matrix(publishedPort port: UInt16?, transports: [Socket.Transport] = [.tcp, .udp]) throws -> [String: String] {
        var answers: [String: String] = [:]
        for transport in transports {
            func probe(_ what: String, _ from: Place, _ to: String, _ number: UInt16, _ target: Socket) {
                answers["\(transport) \(what)"] = Self.probe(transport, from: from, to: to, port: number, target)
            }
            let inside = try Socket.listening(transport, on: "0.0.0.0", port: 80, in: container.place)
            let beside = try Socket.listening(transport, on: "0.0.0.0", port: 81, in: neighbour.place)
            let onHost = try Socket.listening(transport, on: "0.0.0.0", port: 82, in: host.place)
            let beyond = try Socket.listening(transport, on: "0.0.0.0", port: 83, in: host.outside.place)
            probe("host to container", host.place, address, 80, inside)
            probe("neighbour to container", neighbour.place, address, 80, inside)
            probe("container to neighbour", container.place, neighbourAddress, 81, beside)
            probe("container to gateway", container.place, gateway, 82, onHost)
            probe("container to uplink address", container.place, TestHost.uplinkAddress, 82, onHost)
            probe("container to outside", container.place, TestHost.outsideAddress, 83, beyond)
            guard let port else { continue }
            probe("outside to published port", host.outside.place, TestHost.uplinkAddress, port, inside)
            probe("host to published port", host.place, TestHost.uplinkAddress, port, inside)
            probe("localhost to published port", host.place, "127.0.0.1", port, inside)
            probe("neighbour to published port", neighbour.place, gateway, port, inside)
            probe("container to its own published port", container.place, gateway, port, inside)
        }
        return answers
    }

    // "reached from <peer>", or "no".
    private static func probe(
        _ transport: Socket.Transport, from place: Place, to address: String, port: UInt16, _ target: Socket
    ) -> String {
        guard let client = try? Socket.connected(transport, to: address, port: port, in: place, within: patience) else {
            return "no"
        }
        switch transport {
        case .tcp:
            return (try? target.accept(within: patience)).map { "reached from \($0.peer)" } ?? "connected elsewhere"
        case .udp:
            guard (try? client.send("probe")) != nil else { return "no" }
            return (try? target.receive(within: patience)).map { "reached from \($0.peer)" } ?? "no"
        }
    }
}
