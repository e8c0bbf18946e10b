/// A chain of rules; with `base` it is called by a netfilter hook, without it by a jump.
public struct Chain: Hashable, Sendable {
    /// The table it is in.
    public let table: Table
    /// Its name, unique in the table.
    public let name: String
    /// The hook that calls it; nil for a chain reached by jumps.
    public let base: Base?
    /// Kept in the chain's userdata; nft(8) lists it.
    public let comment: String

    /// Where a base chain stands in the packet's way.
    public struct Base: Hashable, Sendable {
        /// What it may do.
        public let kind: Kind
        /// Where it is called.
        public let hook: Hook
        /// Lower runs earlier; conntrack is at -200, destination NAT at -100, filtering at 0, source NAT at 100.
        public let priority: Int32
        /// What becomes of packets that no rule decides on.
        public let policy: Policy

        /// Describes a place.
        @inline(never)
        public init(_ kind: Kind, _ hook: Hook, priority: Int32, policy: Policy = .accept) {
            self.kind = kind
            self.hook = hook
            self.priority = priority
            self.policy = policy
        }
    }

    /// What a base chain may do; nft's `type`.
    public enum Kind: String, Hashable, Sendable {
        case filter
        case nat
        case route
    }

    /// A place where packets are looked at: `NF_INET_` numbers, which the bridge family shares.
    public enum Hook: UInt32, Hashable, Sendable {
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
        case postrouting = 4
    }

    /// What becomes of a packet no rule decided on.
    public enum Policy: UInt32, Hashable, Sendable {
        case drop = 0
        case accept = 1
    }

    /// Names a chain of `table`; `name` is 1...255 bytes without NUL.
    @inline(never)
    public init(_ table: Table, _ name: String, base: Base? = nil, comment: String = "") {
        precondition(isObjectName(name), "a chain's name is 1...255 bytes without NUL")
        self.table = table
        self.name = name
        self.base = base
        self.comment = comment
    }
}

extension Chain: CustomStringConvertible {
    /// As nft(8) names it: `inet hawser forward`.
    public var description: String { "\(table) \(name)" }

    /// What stands between the braces of nft's `add chain`, with the braces; empty when there is nothing to say.
    var body: String {
        var parts = ""
        if let base {
            parts += " type \(base.kind.rawValue) hook \(base.hook) priority \(base.priority) ;"
            parts += " policy \(base.policy == .drop ? "drop" : "accept") ;"
        }
        if !comment.utf8.isEmpty { parts += " comment \(quoted(comment)) ;" }
        return parts.utf8.isEmpty ? "" : " {\(parts) }"
    }
}

extension Chain.Hook: CustomStringConvertible {
    /// The word nft(8) uses.
    public var description: String {
        switch self {
        case .prerouting: "prerouting"
        case .input: "input"
        case .forward: "forward"
        case .output: "output"
        case .postrouting: "postrouting"
        }
    }
}
