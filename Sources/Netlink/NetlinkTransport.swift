internal import CLibmnl
internal import CLinuxABI
public import LinuxSystem

/// A netlink protocol: AF_NETLINK's third argument.
public enum NetlinkFamily: Sendable {
    /// Links, addresses, routes: rtnetlink(7).
    case route
    /// nf_tables and conntrack.
    case netfilter
    /// Sockets of the namespace: sock_diag(7).
    case socketDiagnosis

    var number: CInt {
        switch self {
        case .route: NETLINK_ROUTE
        case .netfilter: NETLINK_NETFILTER
        case .socketDiagnosis: NETLINK_SOCK_DIAG
        }
    }
}

/// Where netlink bytes go: the kernel, or a test that plays the kernel.
public protocol NetlinkTransport: ~Copyable {
    /// Sends one datagram, which may hold several requests.
    mutating func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError)
    /// Receives one datagram and answers its length; waits until there is one.
    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
    /// Makes room for one large datagram and for its answers, in bytes.
    borrowing func reserve(sending: Int, receiving: Int)
}

extension NetlinkTransport where Self: ~Copyable {
    /// Most transports have room for anything.
    public borrowing func reserve(sending: Int, receiving: Int) {}
}

/// An AF_NETLINK socket.
///
/// It stays in the network namespace that it was opened in, whichever thread uses it.
@safe
public struct KernelTransport: ~Copyable, NetlinkTransport {
    private let socket: OpaquePointer
    private let family: NetlinkFamily

    /// Opens a socket in the calling thread's namespace, bound to multicast groups as a bit mask.
    public init(_ family: NetlinkFamily, groups: UInt32 = 0) throws(SystemError) {
        guard let socket = unsafe mnl_socket_open2(family.number, CInt(SOCK_CLOEXEC.rawValue)) else {
            throw .last("socket", "AF_NETLINK")
        }
        if unsafe mnl_socket_bind(socket, groups, pid_t(MNL_SOCKET_AUTOPID)) != 0 {
            let error = SystemError.last("bind", "AF_NETLINK")
            unsafe mnl_socket_close(socket)
            throw error
        }
        unsafe self.socket = socket
        self.family = family
        // Extended acknowledgements carry the kernel's sentence; capped ones leave the request out.
        set(NETLINK_EXT_ACK, 1)
        set(NETLINK_CAP_ACK, 1)
        if family == .route { set(NETLINK_GET_STRICT_CHK, 1) }
    }

    deinit { unsafe _ = mnl_socket_close(socket) }

    /// A kernel without the option goes on without it.
    private borrowing func set(_ option: CInt, _ value: CInt) {
        var value = value
        unsafe _ = mnl_socket_setsockopt(socket, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// The descriptor's number, for poll(2) and SO_RCVBUFFORCE.
    public borrowing func rawDescriptor() -> CInt { unsafe mnl_socket_get_fd(socket) }

    /// Sets the socket's buffers, beyond the system's limits where CAP_NET_ADMIN allows it.
    public borrowing func reserve(sending: Int, receiving: Int) {
        SocketBuffers.reserve(rawDescriptor(), sending: sending, receiving: receiving)
    }

    /// Sends one datagram to the kernel.
    public mutating func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) {
        guard let start = datagram.baseAddress else { return }
        while unsafe mnl_socket_sendto(socket, start, datagram.count) < 0 {
            let error = SystemError.last("sendto", "AF_NETLINK")
            if error.errno != .interrupted { throw error }
        }
    }

    /// Receives one datagram.
    ///
    /// ENOBUFS means that the kernel dropped some; EMSGSIZE that the buffer was too small.
    public mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        while true {
            let got = unsafe mnl_socket_recvfrom(socket, start, buffer.count)
            if got >= 0 { return got }
            var error = SystemError.last("recvfrom", "AF_NETLINK")
            if error.errno == .interrupted { continue }
            // libmnl's word for a datagram that was cut.
            if error.errno == .noSpace { error = SystemError("recvfrom", "AF_NETLINK", .messageTooLong) }
            throw error
        }
    }
}
