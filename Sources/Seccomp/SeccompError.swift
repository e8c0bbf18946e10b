public import LinuxSystem

/// Why a seccomp profile is refused, or could not be compiled.
public enum SeccompError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A member is missing or not what it must be; `key` as "syscalls[3].args[0].op".
    case malformed(key: String, expected: String)
    /// A member has a value that is well formed and not known here.
    case unknown(key: String, value: String, known: String)
    /// libseccomp refused a rule.
    case refused(rule: String, call: String, reason: Errno)
    /// The compiled program is longer than the kernel takes.
    case tooLong(instructions: Int, limit: Int)
    /// A system call failed.
    case system(SystemError)

    /// One sentence part for a person; the caller says which file it is about.
    public var description: String {
        switch self {
        case .malformed(let key, let expected): "\(key): \(expected) is expected"
        case .unknown(let key, let value, let known): "\(key): \"\(value)\" is not known; there is \(known)"
        case .refused(let rule, let call, let reason): "\(rule): libseccomp refuses it (\(call)): \(reason)"
        case .tooLong(let instructions, let limit):
            "the profile needs \(instructions) instructions of BPF, and the kernel takes \(limit)"
        case .system(let error): error.description
        }
    }
}
