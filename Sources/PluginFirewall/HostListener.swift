public import Addressing
internal import CLinuxABI
internal import LinuxSystem
internal import Netlink
internal import Nftables

/// A socket of a process of this host that waits on a port: published, that port leads to the container instead.
public struct HostListener: Hashable, Sendable, CustomStringConvertible {
    /// The published port it listens on.
    public let port: PublishedPort
    /// Where it listens; unspecified when on every address.
    public let address: IPAddress
    /// Its port.
    public let number: UInt16

    /// `tcp 0.0.0.0:8080`.
    public var description: String {
        let text = address.family == .v6 ? "[\(address)]" : "\(address)"
        return "\(port.transport.rawValue) \(text):\(number)"
    }

    /// The listeners of the calling thread's namespace on any of these ports; none where the kernel cannot tell.
    public static func find(_ ports: [PublishedPort]) -> [HostListener] {
        var found: [HostListener] = []
        do throws(SystemError) {
            var socket = try NetlinkSocket.open(.socketDiagnosis)
            for transport in [PublishedPort.Transport.tcp, .udp] {
                let wanted = ports.filter { $0.transport == transport }
                guard let first = wanted.first else { continue }
                // One port is asked for by number; of several, all listeners are looked through.
                let number = wanted.count == 1 && first.count == 1 ? first.hostPort : 0
                for family in [IPFamily.v4, .v6] {
                    for listener in try listeners(transport, family, port: number, &socket) {
                        guard let port = wanted.first(where: { $0.isShadowing(listener.address, listener.port) }) else {
                            continue
                        }
                        found.append(HostListener(port: port, address: listener.address, number: listener.port))
                    }
                }
            }
        } catch {
            // A kernel without socket diagnosis: the warning is all that is lost.
            return found
        }
        return found
    }

    private static func listeners(
        _ transport: PublishedPort.Transport, _ family: IPFamily, port: UInt16, _ socket: inout NetlinkSocket
    ) throws(SystemError) -> [(address: IPAddress, port: UInt16)] {
        var request = inet_diag_req_v2()
        request.sdiag_family = UInt8(family == .v4 ? AF_INET : AF_INET6)
        request.sdiag_protocol = transport.number.number
        request.idiag_states = 1 << (transport == .tcp ? listening : unconnected)
        request.id.idiag_sport = port.bigEndian
        var batch = NetlinkBatch()
        batch.request(
            UInt16(SOCK_DIAG_BY_FAMILY), flags: UInt16(NLM_F_DUMP), acknowledged: false, header: request)
        return try socket.dump(batch) { (message) throws(SystemError) in
            guard let answer = message.header(as: inet_diag_msg.self) else { return nil }
            let source = answer.id.idiag_src
            let words = [source.0, source.1, source.2, source.3].prefix(family.byteCount / 4)
            var bytes: [UInt8] = []
            for word in words {
                let number = UInt32(bigEndian: word)
                for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
            }
            guard let address = IPAddress(bytes: bytes) else { return nil }
            return (address, UInt16(bigEndian: answer.id.idiag_sport))
        }
    }

    /// `TCP_LISTEN` and `TCP_CLOSE` of net/tcp_states.h, which has no public header.
    private static let listening: UInt32 = 10
    private static let unconnected: UInt32 = 7
}

extension PublishedPort {
    /// Whether a packet for a listener at this address and port may be meant for the container instead.
    func isShadowing(_ address: IPAddress, _ number: UInt16) -> Bool {
        guard (hostPort...lastHostPort).contains(number) else { return false }
        guard let hostAddress, !hostAddress.isUnspecified else { return concerns(address.family) }
        // A listener on every IPv6 address takes IPv4 too, unless it says otherwise, which the kernel does not tell here.
        if address.isUnspecified { return address.family == .v6 || hostAddress.family == .v4 }
        return hostAddress == address
    }

    /// Whether both publish some port of the same address.
    public func overlaps(_ other: PublishedPort) -> Bool {
        guard transport == other.transport, hostPort <= other.lastHostPort, other.hostPort <= lastHostPort else {
            return false
        }
        guard let hostAddress, let theirs = other.hostAddress else { return true }
        guard hostAddress.family == theirs.family else { return false }
        return hostAddress == theirs || hostAddress.isUnspecified || theirs.isUnspecified
    }
}
