/// Whether a container that has ended is started again, in docker's words.
public enum RestartPolicy: Hashable, Sendable, CustomStringConvertible {
    /// Never.
    case no
    /// When it failed, at most this often; 0 for as often as it takes.
    case onFailure(limit: Int)
    /// Always, until someone stops it.
    case always
    /// As `always`; and the next boot does not start it when someone stopped it.
    case unlessStopped

    /// Reads "no", "on-failure", "on-failure:5", "always" or "unless-stopped".
    public init?(_ text: String) {
        switch text {
        case "no", "": self = .no
        case "on-failure": self = .onFailure(limit: 0)
        case "always": self = .always
        case "unless-stopped": self = .unlessStopped
        default:
            let prefix = "on-failure:"
            guard text.hasPrefix(prefix), let limit = Int(String(text.dropFirst(prefix.utf8.count))), limit >= 0 else {
                return nil
            }
            self = .onFailure(limit: limit)
        }
    }

    /// As it is written on the command line.
    public var description: String {
        switch self {
        case .no: "no"
        case .onFailure(let limit): limit == 0 ? "on-failure" : "on-failure:\(limit)"
        case .always: "always"
        case .unlessStopped: "unless-stopped"
        }
    }
}

/// The decision after each end: how long to wait before the next start, if there is one.
struct RestartDecision {
    var policy: RestartPolicy
    /// How often the policy has started the container again.
    private(set) var count: Int
    private var pause: Int64 = 0

    static let shortestPause: Int64 = 100  // milliseconds, docker's
    static let longestPause: Int64 = 60_000
    /// Who ran this long begins with the shortest pause again.
    static let settled: Int64 = 10_000

    init(policy: RestartPolicy, count: Int = 0) {
        self.policy = policy
        self.count = count
    }

    /// Milliseconds to wait; nil for the final end.
    mutating func next(code: Int, ranMilliseconds: Int64) -> Int64? {
        switch policy {
        case .no: return nil
        case .onFailure(let limit): if code == 0 || (limit > 0 && count >= limit) { return nil }
        case .always, .unlessStopped: break
        }
        if ranMilliseconds >= Self.settled { pause = 0 }
        pause = pause == 0 ? Self.shortestPause : min(pause * 2, Self.longestPause)
        count += 1
        return pause
    }
}
