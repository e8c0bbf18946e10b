internal import CLinux

/// The kinds of namespaces, in the order in which the kernel joins them.
public enum NamespaceKind: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case user
    case mount = "mnt"
    case uts
    case ipc
    case network = "net"
    case cgroup
    case time
    case process = "pid"

    /// CLONE_NEW*.
    var flag: CInt {
        switch self {
        case .user: CLONE_NEWUSER
        case .mount: CLONE_NEWNS
        case .uts: CLONE_NEWUTS
        case .ipc: CLONE_NEWIPC
        case .network: CLONE_NEWNET
        case .cgroup: CLONE_NEWCGROUP
        case .time: CInt(HW_CLONE_NEWTIME)
        case .process: CLONE_NEWPID
        }
    }

    /// The name below /proc/PID/ns.
    public var description: String { rawValue }

    /// The number of the namespace that a process lives in; nil when it has ended, or the kernel has no such kind.
    ///
    /// All namespaces are files of one file system: the number tells any two of a kind apart.
    public func number(of process: Int32? = nil) throws(SystemError) -> UInt64? {
        let owner = process.map { "\($0)" } ?? "self"
        do throws(SystemError) {
            return try Files.status("/proc/\(owner)/ns/\(rawValue)")?.inode
        } catch {
            if error.errno == .noProcess { return nil }
            throw error
        }
    }
}

/// An open namespace of any kind.
public struct NamespaceFile: ~Copyable, Sendable {
    /// Its kind.
    public let kind: NamespaceKind
    /// Its number.
    public let number: UInt64
    let descriptor: OwnedDescriptor

    /// Opens a file such as /run/netns/blue or /proc/1/ns/net; EINVAL when it is no namespace.
    public static func open(_ path: String) throws(SystemError) -> NamespaceFile {
        // O_NONBLOCK: a FIFO put in its place must not block us.
        let descriptor = try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let type = clinux_namespace_type(descriptor.rawValue)
        guard clinux_file_system_magic(descriptor.rawValue) == UInt(CLINUX_NSFS_MAGIC),
            let kind = NamespaceKind.allCases.first(where: { $0.flag == type })
        else {
            throw SystemError("open", path, .invalidArgument, explanation: "it is not a namespace")
        }
        var status = stat()
        if unsafe fstat(descriptor.rawValue, &status) != 0 { throw .last("fstat", path) }
        return NamespaceFile(kind: kind, number: UInt64(status.st_ino), descriptor: descriptor)
    }

    private init(kind: NamespaceKind, number: UInt64, descriptor: consuming OwnedDescriptor) {
        self.kind = kind
        self.number = number
        self.descriptor = descriptor
    }
}
