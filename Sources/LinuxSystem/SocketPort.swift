internal import CLinux

/// Ports of the calling thread's network namespace.
public enum SocketPort {
    /// Whether a socket holds the port at an address of 4 or 16 bytes, network order; zeros stand for all addresses.
    public static func isTaken(_ address: [UInt8], port: UInt16, stream: Bool) throws(SystemError) -> Bool {
        precondition(address.count == 4 || address.count == 16, "an address has 4 or 16 bytes")
        let result = unsafe address.withUnsafeBytes {
            unsafe hw_port_is_taken(address.count == 4 ? AF_INET : AF_INET6, $0.baseAddress, port, stream)
        }
        if result < 0 { throw SystemError("bind", "port \(port)", Errno(rawValue: -result)) }
        return result == 1
    }
}
