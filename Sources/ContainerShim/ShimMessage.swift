/// What a shim tells a program at its socket.
public enum ShimMessage: Hashable, Sendable {
    /// The container waits at its gate: attach its networks, then send `start`.
    case ready(networkNamespace: String, process: Int32)
    /// The command runs.
    case running
    /// The container did not come to life, or its command could not be executed: a code of 125, 126 or 127.
    case refused(code: Int, reason: String)
    /// The command has ended; `restarts` when the container has not, because its policy starts it again.
    case ended(code: Int, restarts: Bool)
    /// What was asked for is done.
    case done
    /// What was asked for cannot be done.
    case impossible(reason: String)
    /// The input that was sent has gone on its way: more may follow.
    case more
    /// Nobody reads the container's input any more.
    case inputClosed
    /// What the container wrote.
    case output(isError: Bool, [UInt8])

    /// The longest piece of a stream in one message, in bytes.
    public static let pieceLimit = 32_768
    /// The longest message, in bytes.
    public static let limit = pieceLimit + 1

    /// The first byte of a piece of a stream, which no word begins with.
    static func mark(isError: Bool) -> UInt8 { isError ? 2 : 1 }

    /// The message as it is sent: a word, then its values, a line each; or a mark, then the bytes of a stream.
    public var bytes: [UInt8] {
        if case .output(let isError, let bytes) = self { return [Self.mark(isError: isError)] + bytes }
        let lines: [String] =
            switch self {
            case .ready(let path, let process): ["ready", path, String(process)]
            case .running: ["running"]
            case .refused(let code, let reason): ["refused", String(code), reason]
            case .ended(let code, let restarts): ["ended", String(code), restarts ? "restarts" : "over"]
            case .done: ["done"]
            case .impossible(let reason): ["impossible", reason]
            case .more: ["more"]
            case .inputClosed: ["inputClosed"]
            case .output: []
            }
        return Array(Array(lines.joined(separator: "\n").utf8).prefix(Self.limit))
    }

    /// Reads a message; nil when it is none.
    public init?(_ bytes: [UInt8]) {
        if let first = bytes.first, first == 1 || first == 2 {
            self = .output(isError: first == 2, Array(bytes[1...]))
            return
        }
        let lines = messageLines(bytes, limit: 3)
        switch (lines.first, lines.count) {
        case ("ready", 3):
            guard let process = Int32(lines[2]) else { return nil }
            self = .ready(networkNamespace: lines[1], process: process)
        case ("running", 1): self = .running
        case ("refused", 3):
            guard let code = Int(lines[1]) else { return nil }
            self = .refused(code: code, reason: lines[2])
        case ("ended", 3):
            guard let code = Int(lines[1]) else { return nil }
            self = .ended(code: code, restarts: lines[2] == "restarts")
        case ("done", 1): self = .done
        case ("impossible", 2...): self = .impossible(reason: lines[1...].joined(separator: "\n"))
        case ("more", 1): self = .more
        case ("inputClosed", 1): self = .inputClosed
        default: return nil
        }
    }
}

/// The lines of a message; the last one keeps further line ends.
func messageLines(_ bytes: [UInt8], limit: Int) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), maxSplits: limit - 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
}
