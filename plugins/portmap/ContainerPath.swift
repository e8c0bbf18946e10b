import Addressing
import CNI
import LinuxSystem
import PluginFirewall
import PluginKit
import RouteNetlink

/// The host's links on the way to a container: what packets from 127.0.0.1, and from the container to itself, need there.
struct ContainerPath {
    private let names: [LinkName]

    init(_ result: CNIResult) throws(CNIError) {
        var names: [LinkName] = []
        for interface in result.interfaces where interface.sandbox.isEmpty {
            if let name = LinkName(interface.name) { names.append(name) }
        }
        self.names = names
    }

    /// The bridge port that must send frames back where they came from, so that the container reaches its own published
    /// port: only where bridged frames are filtered (docs/nftables.md).
    func portForHairpin() throws(CNIError) -> String? {
        guard try filtersBridgedFrames() else { return nil }
        guard let port = try links()?.port, let settings = port.bridgePort, !settings.hairpin else { return nil }
        return port.name
    }

    /// Lets packets from 127.0.0.1 through to the container, and frames of the container back to itself.
    func open(_ publication: PortPublication, hairpin: String?) throws(CNIError) {
        if let hairpin { try turnOnHairpin(of: hairpin) }
        let hasIPv4 = publication.containers.contains { container in
            container.family == .v4 && publication.ports.contains { $0.concerns(.v4) }
        }
        guard hasIPv4, publication.sourceTranslation != .none, let gate = try links()?.gate else { return }
        // In a path below /proc/sys a name's dots stay dots.
        try attempt("let packets from 127.0.0.1 through to \(gate)") { () throws(SystemError) in
            _ = try Sysctl.ensure("net/ipv4/conf/\(gate)/route_localnet", "1")
        }
    }

    /// Undoes what `open` did to a port; the port may be gone.
    static func endHairpin(_ name: String) {
        do throws(SystemError) {
            try setHairpin(false, of: name)
        } catch {
            PortmapAttachment.warn("hairpin mode of \(name) stays on: \(error)")
        }
    }

    private func turnOnHairpin(of name: String) throws(CNIError) {
        try attempt("turn hairpin mode of \(name) on") { () throws(SystemError) in
            try Self.setHairpin(true, of: name)
        }
    }

    private static func setHairpin(_ hairpin: Bool, of name: String) throws(SystemError) {
        guard let port = LinkName(name) else { return }
        var batch = RouteBatch()
        batch.setHairpin(hairpin, of: port)
        var socket = try RouteSocket.open()
        // Gone, or taken out of its bridge.
        try socket.perform(batch).check(tolerating: [(0, .noDevice), (0, .notSupported)])
    }

    private func filtersBridgedFrames() throws(CNIError) -> Bool {
        try attemptFile("read net.bridge.bridge-nf-call-iptables") { () throws(SystemError) in
            let ipv4 = try Sysctl.read("net/bridge/bridge-nf-call-iptables")
            if ipv4 == "1" { return true }
            return try Sysctl.read("net/bridge/bridge-nf-call-ip6tables") == "1"
        }
    }

    /// The port of a bridge among the links, and the link that routes lead to: that bridge, or the first link itself.
    private func links() throws(CNIError) -> (port: Link?, gate: String)? {
        if names.isEmpty { return nil }
        return try attempt("look at the links of the container") {
            () throws(SystemError) -> (port: Link?, gate: String)? in
            var socket = try RouteSocket.open()
            var first: Link?
            for name in names {
                guard let link = try socket.link(named: name) else { continue }
                if let master = link.master, link.bridgePort != nil {
                    guard let bridge = try socket.link(master) else { continue }
                    return (link, bridge.name)
                }
                if !link.isBridge { first = first ?? link }
            }
            guard let first else { return nil }
            return (nil, first.name)
        }
    }
}
