/// A call to the kernel that failed: what was attempted, on what, and the kernel's answer.
///
/// One type serves LinuxSystem, Netlink, RouteNetlink and Nftables, so that their calls compose under typed throws.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call or message, as "openat" or "RTM_NEWLINK".
    public let operation: String
    /// The path, link name or command it was about; empty when there is none.
    public let subject: String
    /// The kernel's number.
    public let errno: Errno
    /// The kernel's own sentence (netlink's extended acknowledgement), or ours about broken framing; empty when there is none.
    public let explanation: String

    /// Describes a failed call.
    public init(_ operation: String, _ subject: String = "", _ errno: Errno, explanation: String = "") {
        self.operation = operation
        self.subject = subject
        self.errno = errno
        self.explanation = explanation
    }

    /// The call that has just failed on this thread.
    package static func last(_ operation: String, _ subject: String = "") -> SystemError {
        SystemError(operation, subject, .current)
    }

    /// The same failure, saying what it was about.
    public func about(_ subject: String) -> SystemError {
        SystemError(operation, subject, errno, explanation: explanation)
    }

    /// As "RTM_NEWLINK web0: File exists (EEXIST): the kernel's sentence".
    public var description: String {
        let what = subject.isEmpty ? operation : "\(operation) \(subject)"
        return explanation.isEmpty ? "\(what): \(errno)" : "\(what): \(errno): \(explanation)"
    }
}
