public import JSON

/// One thing that the machine can do, does in part, or cannot do.
public struct Finding: Hashable, Sendable {
    /// How well it can.
    public enum State: String, Hashable, Sendable {
        /// It can.
        case ok
        /// It can, with a restriction that a person should know.
        case limited
        /// It cannot.
        case missing
    }

    /// What was looked at.
    public let subject: String
    /// How it is.
    public let state: State
    /// Why it is said.
    public let reason: String
    /// What a person can do; empty when there is nothing to do.
    public let remedy: String

    /// What was found.
    public init(_ subject: String, _ state: State, _ reason: String, remedy: String = "") {
        self.subject = subject
        self.state = state
        self.reason = reason
        self.remedy = remedy
    }

    /// The finding as `doctor --json` shows it.
    public var json: JSONValue {
        var members = JSONObject([
            ("subject", .string(subject)), ("state", .string(state.rawValue)), ("reason", .string(reason)),
        ])
        if !remedy.isEmpty { members["remedy"] = .string(remedy) }
        return .object(members)
    }
}
