internal import CLinux

/// A handle on a network namespace: a place to open sockets from.
public struct NetworkNamespace: ~Copyable, Sendable {
    /// What tells two namespaces apart: the device and inode of their nsfs file.
    public struct Identity: Hashable, Sendable {
        /// The nsfs device.
        public let device: UInt64
        /// The namespace's number.
        public let inode: UInt64
    }

    let descriptor: OwnedDescriptor
    /// Which namespace this is.
    public let identity: Identity

    /// The descriptor's number, for IFLA_NET_NS_FD and the like while this value lives.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// The calling thread's namespace.
    public static func current() throws(SystemError) -> NetworkNamespace { try open(currentPath) }

    /// Which one is the calling thread's, without a handle on it.
    public static func currentIdentity() throws(SystemError) -> Identity {
        guard let status = try Files.status(currentPath) else { throw SystemError("stat", currentPath, .noEntry) }
        return Identity(device: status.device, inode: status.inode)
    }

    /// The kernel makes fewer directory entries for the main thread's way.
    private static var currentPath: String {
        gettid() == getpid() ? "/proc/self/ns/net" : "/proc/thread-self/ns/net"
    }

    /// Opens a path to a namespace.
    ///
    /// ENOENT when there is none, EINVAL when it is something else.
    public static func open(_ path: String) throws(SystemError) -> NetworkNamespace {
        // O_NONBLOCK: a FIFO put in its place must not block us.
        let descriptor = try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard clinux_file_system_magic(descriptor.rawValue) == UInt(CLINUX_NSFS_MAGIC),
            clinux_namespace_type(descriptor.rawValue) == CLONE_NEWNET
        else {
            throw SystemError("open", path, .invalidArgument, explanation: "it is not a network namespace")
        }
        var status = stat()
        if unsafe fstat(descriptor.rawValue, &status) != 0 { throw .last("fstat", path) }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        return NetworkNamespace(identity: identity, descriptor: descriptor)
    }

    private init(identity: Identity, descriptor: consuming OwnedDescriptor) {
        self.identity = identity
        self.descriptor = descriptor
    }

    /// Runs `body` on this thread inside the namespace and comes back.
    ///
    /// For single-threaded programs only; a thread that cannot return to `home` must not go on, so that is a trap.
    public borrowing func enter<R: ~Copyable>(
        from home: borrowing NetworkNamespace, _ body: () throws(SystemError) -> R
    ) throws(SystemError) -> R {
        if setns(descriptor.rawValue, CLONE_NEWNET) != 0 { throw .last("setns") }
        defer {
            let back = setns(home.descriptor.rawValue, CLONE_NEWNET)
            precondition(back == 0, "a thread can return to the namespace it came from")
        }
        return try body()
    }
}
