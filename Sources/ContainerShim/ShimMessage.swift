public import LinuxSystem

/// What a shim tells the runner that started it.
public enum ShimMessage: Hashable, Sendable {
    /// The container waits at its gate: attach its networks, then send `start`.
    case ready(networkNamespace: String, process: Int32)
    /// The command runs.
    case running
    /// The container did not come to life, or its command could not be executed: a code of 125, 126 or 127.
    case refused(code: Int, reason: String)
    /// The command has ended.
    case ended(code: Int)

    /// The longest message, in bytes.
    public static let limit = 8192

    /// The message as it is sent: a word, then its values, a line each.
    public var bytes: [UInt8] {
        let lines: [String] =
            switch self {
            case .ready(let path, let process): ["ready", path, String(process)]
            case .running: ["running"]
            case .refused(let code, let reason): ["refused", String(code), reason]
            case .ended(let code): ["ended", String(code)]
            }
        return Array(Array(lines.joined(separator: "\n").utf8).prefix(Self.limit))
    }

    /// Reads a message; nil when it is none.
    public init?(_ bytes: [UInt8]) {
        let lines = messageLines(bytes, limit: 3)
        switch (lines.first, lines.count) {
        case ("ready", 3):
            guard let process = Int32(lines[2]) else { return nil }
            self = .ready(networkNamespace: lines[1], process: process)
        case ("running", 1): self = .running
        case ("refused", 3):
            guard let code = Int(lines[1]) else { return nil }
            self = .refused(code: code, reason: lines[2])
        case ("ended", 2):
            guard let code = Int(lines[1]) else { return nil }
            self = .ended(code: code)
        default: return nil
        }
    }
}

/// What the runner asks of the shim it started.
public enum ShimRequest: Hashable, Sendable {
    /// Make the container; the command's input comes with the message, or is empty. Output also goes to the shim's
    /// own streams when `attached`.
    case create(attached: Bool)
    /// Open the gate.
    case start
    /// Send a signal to the command.
    case signal(Signal)
    /// The terminal has a new size.
    case resize(Terminal.Size)
    /// Networks and state are released: nothing is left for the shim to do.
    case released

    /// The request as it is sent.
    public var bytes: [UInt8] {
        let lines: [String] =
            switch self {
            case .create(let attached): ["create", attached ? "attached" : "detached"]
            case .start: ["start"]
            case .signal(let signal): ["signal", String(signal.rawValue)]
            case .resize(let size): ["resize", String(size.rows), String(size.columns)]
            case .released: ["released"]
            }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Reads a request; nil when it is none.
    public init?(_ bytes: [UInt8]) {
        let lines = messageLines(bytes, limit: 3)
        switch (lines.first, lines.count) {
        case ("create", 2): self = .create(attached: lines[1] == "attached")
        case ("start", 1): self = .start
        case ("released", 1): self = .released
        case ("signal", 2):
            guard let signal = Signal(lines[1]) else { return nil }
            self = .signal(signal)
        case ("resize", 3):
            guard let rows = UInt16(lines[1]), let columns = UInt16(lines[2]) else { return nil }
            self = .resize(Terminal.Size(rows: rows, columns: columns))
        default: return nil
        }
    }
}

/// The lines of a message; the last one keeps further line ends.
private func messageLines(_ bytes: [UInt8], limit: Int) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), maxSplits: limit - 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
}
