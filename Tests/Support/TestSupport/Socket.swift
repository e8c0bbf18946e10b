import CTestSupport
import Glibc

/// A TCP or UDP socket that was born in a namespace and is used from the test: what a container's process would see,
/// without a process.
public struct Socket: Sendable {
    let descriptor: Descriptor

    /// Transport protocols.
    public enum Transport: Sendable { case tcp, udp }

    /// Listens on (TCP) or is bound to (UDP) an address and port of a place; 0 is any port.
    ///
    /// It is ready when this returns.
    public static func listening(_ transport: Transport, on address: String, port: UInt16, in place: Place) throws
        -> Socket
    {
        let socket = try Socket(transport, like: address, in: place)
        try socket.bind(to: address, port)
        if transport == .tcp, listen(socket.descriptor.rawValue, 64) != 0 { throw TestFailure("listen", errno: errno) }
        return socket
    }

    /// Connects to an address and port, from a place, before the deadline; `source` is bound to first when given.
    public static func connected(
        _ transport: Transport = .tcp, to address: String, port: UInt16, in place: Place, from source: String? = nil,
        within limit: Duration = .seconds(5)
    ) throws -> Socket {
        let socket = try Socket(transport, like: address, in: place)
        if let source { try socket.bind(to: source, 0) }
        let number = socket.descriptor.rawValue
        guard fcntl(number, F_SETFL, O_NONBLOCK) == 0 else { throw TestFailure("fcntl", errno: errno) }
        let result = try unsafe socket.withAddress(address, port) { unsafe connect(number, $0, $1) }
        if result == EINPROGRESS {
            try Deadline(in: limit).wait(for: number, events: Int32(POLLOUT), "to connect to \(address) port \(port)")
            var failure: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &failure, &size) == 0, failure == 0 else {
                throw TestFailure("connect to \(address) port \(port)", errno: failure)
            }
        } else if result != 0 {
            throw TestFailure("connect to \(address) port \(port)", errno: result)
        }
        return socket
    }

    /// Takes a connection; `peer` is the address it came from.
    public func accept(within limit: Duration = .seconds(5)) throws -> (connection: Socket, peer: String) {
        try Deadline(in: limit).wait(for: descriptor.rawValue, events: Int32(POLLIN), "for a connection")
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.accept(descriptor.rawValue, $0, &size)
            }
        }
        guard accepted >= 0 else { throw TestFailure("accept", errno: errno) }
        return (Socket(descriptor: Descriptor(owning: accepted)), try Socket.numeric(storage, size))
    }

    /// Sends a text.
    public func send(_ text: String) throws {
        try descriptor.write(Array(text.utf8))
    }

    /// Receives one piece of text, and where a datagram came from.
    public func receive(within limit: Duration = .seconds(5)) throws -> (text: String, peer: String) {
        try Deadline(in: limit).wait(for: descriptor.rawValue, events: Int32(POLLIN), "for data")
        var bytes = [UInt8](repeating: 0, count: 2048)
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe recvfrom(descriptor.rawValue, &bytes, bytes.count, 0, address, &size)
            }
        }
        guard count >= 0 else { throw TestFailure("recvfrom", errno: errno) }
        let peer = size > 0 ? try Socket.numeric(storage, size) : ""
        return (String(decoding: bytes.prefix(count), as: UTF8.self), peer)
    }

    /// The port it is bound to.
    public var port: UInt16 {
        get throws {
            var storage = sockaddr_in6()
            var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            let result = unsafe withUnsafeMutablePointer(to: &storage) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(descriptor.rawValue, $0, &size)
                }
            }
            guard result == 0 else { throw TestFailure("getsockname", errno: errno) }
            // The port lies at the same place in sockaddr_in.
            return UInt16(bigEndian: storage.sin6_port)
        }
    }

    private init(descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    private init(_ transport: Transport, like address: String, in place: Place) throws {
        guard let network = place.network else { throw TestFailure("a socket needs a network namespace") }
        let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let opened = support_socket(
            network.rawValue, address.contains(":") ? AF_INET6 : AF_INET, Int32(type.rawValue))
        guard opened >= 0 else { throw TestFailure("socket", errno: -opened) }
        descriptor = Descriptor(owning: opened)
        var on: Int32 = 1
        unsafe setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private func bind(to address: String, _ port: UInt16) throws {
        let result = try unsafe withAddress(address, port) { unsafe Glibc.bind(descriptor.rawValue, $0, $1) }
        guard result == 0 else { throw TestFailure("bind to \(address) port \(port)", errno: result) }
    }

    // The errno of the call, 0 when it succeeded.
    private func withAddress(
        _ text: String, _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(text, "\(port)", &hints, &found) == 0,
            let first = unsafe found.map({ unsafe $0.pointee }),
            let address = unsafe first.ai_addr
        else { throw TestFailure("no address: \(text)") }
        defer { unsafe freeaddrinfo(found) }
        return unsafe call(address, first.ai_addrlen) == 0 ? 0 : errno
    }

    private static func numeric(_ storage: sockaddr_storage, _ size: socklen_t) throws -> String {
        var storage = storage
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = unsafe withUnsafePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getnameinfo($0, size, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
            }
        }
        guard result == 0 else { throw TestFailure("getnameinfo: \(result)") }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
