import CTestSupport

/// One thing that goes wrong in a traced process.
public enum Fault: Hashable, Sendable, CustomStringConvertible {
    /// Nothing: the trace only counts.
    case none
    /// SIGKILL instead of the n-th system call, counted from 1.
    case killAtCall(Int)
    /// The kernel refuses the n-th netlink request, counted from 1 through all sockets and batches.
    case refuseRequest(Int)

    /// The text for messages.
    public var description: String {
        switch self {
        case .none: "no fault"
        case .killAtCall(let position): "killed at system call \(position)"
        case .refuseRequest(let position): "netlink request \(position) refused"
        }
    }

    var kindAndPosition: (support_fault, UInt) {
        switch self {
        case .none: (SUPPORT_COUNT, 0)
        case .killAtCall(let position): (SUPPORT_KILL_AT_CALL, UInt(position))
        case .refuseRequest(let position): (SUPPORT_REFUSE_REQUEST, UInt(position))
        }
    }
}

/// What the tracer saw.
public struct Trace: Hashable, Sendable {
    /// System calls that were entered.
    public let calls: Int
    /// Netlink requests that were sent.
    public let requests: Int
    /// Whether the fault took place.
    public let injected: Bool
    /// The program's peak resident set, in kilobytes; 0 when it was killed before its end.
    public let residentKilobytes: Int
}
