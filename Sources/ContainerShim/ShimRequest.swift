public import LinuxSystem

/// What a program at its socket asks of a shim.
public enum ShimRequest: Hashable, Sendable {
    /// Make the container; its output comes here when `attached`, and holds the container up while it is not taken.
    case create(attached: Bool)
    /// Open the gate.
    case start
    /// Networks and state are released: nothing is left for the shim to do.
    case released
    /// Send me the output, and take my input where the container has one.
    case attach
    /// Tell me how the container ends.
    case wait
    /// Send a signal to the command.
    case signal(Signal)
    /// The terminal has a new size.
    case resize(Terminal.Size)
    /// A piece of input; the next one may follow `more`.
    case input([UInt8])
    /// There will be no more input from here.
    case inputEnd
    /// Nobody reads the stream any more.
    case unread(isError: Bool)
    /// Someone ends the container: what ends now is not to be started again.
    case stopping
    /// What ends now is to be started again at once, whatever the policy says.
    case restarting
    /// Another policy from now on.
    case policy(RestartPolicy)
    /// Hold the terminal that comes with this message until its programs are gone, and read what they write.
    case adopt

    /// The request as it is sent.
    public var bytes: [UInt8] {
        if case .input(let bytes) = self { return [0] + bytes }
        let lines: [String] =
            switch self {
            case .create(let attached): ["create", attached ? "attached" : "detached"]
            case .start: ["start"]
            case .released: ["released"]
            case .attach: ["attach"]
            case .wait: ["wait"]
            case .signal(let signal): ["signal", String(signal.rawValue)]
            case .resize(let size): ["resize", String(size.rows), String(size.columns)]
            case .input: []
            case .inputEnd: ["inputEnd"]
            case .unread(let isError): ["unread", isError ? "stderr" : "stdout"]
            case .stopping: ["stopping"]
            case .restarting: ["restarting"]
            case .policy(let policy): ["policy", policy.description]
            case .adopt: ["adopt"]
            }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Reads a request; nil when it is none.
    public init?(_ bytes: [UInt8]) {
        if bytes.first == 0 {
            self = .input(Array(bytes[1...]))
            return
        }
        let lines = messageLines(bytes, limit: 3)
        switch (lines.first, lines.count) {
        case ("create", 2): self = .create(attached: lines[1] == "attached")
        case ("start", 1): self = .start
        case ("released", 1): self = .released
        case ("attach", 1): self = .attach
        case ("wait", 1): self = .wait
        case ("signal", 2):
            guard let signal = Signal(lines[1]) else { return nil }
            self = .signal(signal)
        case ("resize", 3):
            guard let rows = UInt16(lines[1]), let columns = UInt16(lines[2]) else { return nil }
            self = .resize(Terminal.Size(rows: rows, columns: columns))
        case ("inputEnd", 1): self = .inputEnd
        case ("unread", 2): self = .unread(isError: lines[1] == "stderr")
        case ("stopping", 1): self = .stopping
        case ("restarting", 1): self = .restarting
        case ("policy", 2):
            guard let policy = RestartPolicy(lines[1]) else { return nil }
            self = .policy(policy)
        case ("adopt", 1): self = .adopt
        default: return nil
        }
    }
}
