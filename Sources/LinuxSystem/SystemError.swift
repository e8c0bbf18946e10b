/// A call to the kernel that failed: what was attempted, on what, and the kernel's answer.
///
/// One type serves LinuxSystem, Netlink, RouteNetlink and Nftables, so that their calls compose under typed throws. It is
/// one pointer wide: every call that can throw makes room for it, and every path out of one moves it.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    private indirect enum Parts: Hashable, Sendable {
        case failure(operation: String, subject: String, errno: Errno, explanation: String)
    }

    private let parts: Parts

    /// Describes a failed call.
    @inline(never)
    public init(_ operation: String, _ subject: String = "", _ errno: Errno, explanation: String = "") {
        parts = .failure(operation: operation, subject: subject, errno: errno, explanation: explanation)
    }

    /// The call that has just failed on this thread.
    @inline(never)
    package static func last(_ operation: String, _ subject: String = "") -> SystemError {
        SystemError(operation, subject, .current)
    }

    /// The call or message, as "openat" or "RTM_NEWLINK".
    public var operation: String {
        switch parts {
        case .failure(let operation, _, _, _): operation
        }
    }

    /// The path, link name or command it was about; empty when there is none.
    public var subject: String {
        switch parts {
        case .failure(_, let subject, _, _): subject
        }
    }

    /// The kernel's number.
    public var errno: Errno {
        @inline(never) get {
            switch parts {
            case .failure(_, _, let errno, _): errno
            }
        }
    }

    /// The kernel's own sentence (netlink's extended acknowledgement), or ours about broken framing; empty when there is none.
    public var explanation: String {
        switch parts {
        case .failure(_, _, _, let explanation): explanation
        }
    }

    /// The same failure, saying what it was about.
    @inline(never)
    public func about(_ subject: String) -> SystemError {
        SystemError(operation, subject, errno, explanation: explanation)
    }

    /// As "RTM_NEWLINK web0: File exists (EEXIST): the kernel's sentence".
    public var description: String {
        @inline(never) get {
            let what = subject.isEmpty ? operation : "\(operation) \(subject)"
            return explanation.isEmpty ? "\(what): \(errno)" : "\(what): \(errno): \(explanation)"
        }
    }
}
