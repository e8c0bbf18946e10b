internal import CLinux

/// A limit that the kernel sets a process: getrlimit(2).
public struct ProcessLimit: Hashable, Sendable {
    /// The names of asm-generic/resource.h without "RLIMIT_", at their numbers.
    public static let names = [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending",
        "msgqueue", "nice", "rtprio", "rttime",
    ]

    /// What is in force; `UInt64.max` for no limit.
    public let soft: UInt64
    /// How far the process may raise it.
    public let hard: UInt64

    /// This process's own limit of a resource.
    public static func current(_ resource: Int32) -> ProcessLimit? {
        var limit = rlimit()
        guard unsafe clinux_limit(resource, &limit) == 0 else { return nil }
        return ProcessLimit(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }
}
