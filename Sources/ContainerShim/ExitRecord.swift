public import JSON

/// How a container ended: exit.json in its state directory.
public struct ExitRecord: Hashable, Sendable {
    /// The file's name.
    public static let fileName = "exit.json"

    /// The command's status, 128 and the signal's number, or docker's 125, 126 and 127.
    public let code: Int
    /// When it ended, in nanoseconds since 1970.
    public let endedAt: Int64
    /// Why it never ran; empty when it did.
    public let reason: String
    /// When the command was started last, in nanoseconds since 1970; 0 when it never was.
    public var startedAt: Int64 = 0
    /// How often the policy had started it again.
    public var restarts = 0
    /// Whether someone stopped it.
    public var stopped = false
    /// Whether the kernel ended a process of it because its memory was used up.
    public var outOfMemory = false

    /// A record of an end.
    public init(code: Int, endedAt: Int64, reason: String = "") {
        self.code = code
        self.endedAt = endedAt
        self.reason = reason
    }

    /// The record as the file holds it.
    public var json: JSONValue {
        .object(
            JSONObject([
                ("exitCode", .integer(Int64(code))), ("endedAt", .integer(endedAt)), ("reason", .string(reason)),
                ("startedAt", .integer(startedAt)), ("restarts", .integer(Int64(restarts))),
                ("stopped", .bool(stopped)), ("outOfMemory", .bool(outOfMemory)),
            ]))
    }

    /// Reads what `json` wrote.
    public init(_ json: JSONValue) throws(RecordError) {
        let reader = try RecordReader(json)
        code = Int(try reader.integer("exitCode"))
        endedAt = try reader.integer("endedAt")
        reason = try reader.string("reason")
        startedAt = try reader.integer("startedAt")
        restarts = Int(clamping: try reader.integer("restarts"))
        stopped = try reader.bool("stopped")
        outOfMemory = try reader.bool("outOfMemory")
    }
}
