internal import Addressing
internal import LinuxSystem

/// Whether programs of the host listen on ports that are to be published.
enum HostPorts {
    /// Refuses the first port that is taken: the kernel would send the program's clients into the container.
    static func requireFree(_ mappings: [PortMapping]) throws(RunnerError) {
        for mapping in mappings {
            for offset in 0..<mapping.count {
                let port = mapping.hostPort + UInt16(offset)
                if try isTaken(port, mapping) { throw .portTaken(mapping, hostPort: port) }
            }
        }
    }

    private static func isTaken(_ port: UInt16, _ mapping: PortMapping) throws(RunnerError) -> Bool {
        // SCTP has no sockets where its module is not loaded; its ports are the plugin's to check.
        guard mapping.transport != .sctp else { return false }
        let addresses = mapping.hostAddress.map { [$0] } ?? [IPAddress(v4: 0), IPAddress(v6: 0)]
        return try during("looking at host port \(port)") { () throws(SystemError) in
            for address in addresses
            where try SocketPort.isTaken(
                address.bytes, port: port, stream: mapping.transport == .tcp)
            {
                return true
            }
            return false
        }
    }
}
