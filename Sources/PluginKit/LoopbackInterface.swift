internal import Addressing
public import CNI
internal import LinuxSystem
internal import RouteNetlink

/// The interface "lo" of a container: what the plugins `loopback` and `none` are about.
public struct LoopbackInterface: Sendable {
    private static let text = "lo"
    private static let addresses = ["127.0.0.1/8", "::1/128"]

    /// The interface of whatever container.
    public init() {}

    /// Brings it up.
    ///
    /// The kernel gives it 127.0.0.1/8 and, unless IPv6 is disabled, ::1/128; the result lists both.
    public func bringUp(in container: borrowing ContainerNetwork) throws(CNIError) -> CNIResult {
        try attempt("bring up \(LoopbackInterface.text)") { () throws(SystemError) in
            try set(up: true, in: container)
        }
        let networks = LoopbackInterface.addresses.compactMap { IPNetwork($0) }
        return CNIResult(
            interfaces: [
                CNIResult.Interface(
                    name: LoopbackInterface.text, mac: "00:00:00:00:00:00", mtu: nil, sandbox: container.path)
            ],
            addresses: networks.map { CNIResult.Address($0, interface: 0) })
    }

    /// Code 103 unless it is up.
    public func verify(in container: borrowing ContainerNetwork) throws(CNIError) {
        let link = try attempt("look up \(LoopbackInterface.text)") { () throws(SystemError) in
            var socket = try container.routeSocket()
            return try find(&socket)
        }
        guard link?.flags.contains(.up) == true else { throw .checkFailed("\(LoopbackInterface.text) is not up") }
    }

    /// Takes it down; a namespace that is gone is none of our business.
    public func takeDown(in container: borrowing ContainerNetwork?) throws(CNIError) {
        switch container {
        case .none: return
        case .some(let container):
            try attempt("take down \(LoopbackInterface.text)") { () throws(SystemError) in
                try set(up: false, in: container)
            }
        }
    }

    private func set(up: Bool, in container: borrowing ContainerNetwork) throws(SystemError) {
        var socket = try container.routeSocket()
        guard let link = try find(&socket) else {
            throw SystemError("RTM_GETLINK", LoopbackInterface.text, .noDevice)
        }
        guard link.flags.contains(.up) != up else { return }
        var change = LinkChange()
        change.up = up
        try socket.set(link.index, change)
    }

    private func find(_ socket: inout RouteSocket) throws(SystemError) -> Link? {
        guard let name = LinkName(LoopbackInterface.text) else { return nil }
        return try socket.link(named: name)
    }
}
