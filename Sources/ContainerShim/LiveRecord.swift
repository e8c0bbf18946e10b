public import JSON
internal import LinuxSystem

/// Who holds a container while it lives: live.json in the runtime directory, which no reboot outlives.
public struct LiveRecord: Hashable, Sendable {
    /// A process that cannot be mistaken for a later one with its number.
    public struct Process: Hashable, Sendable {
        /// Its number on the host.
        public let identifier: Int32
        /// When it started, in clock ticks since the machine did.
        public let startTime: Int64

        /// A process by number and start.
        public init(identifier: Int32, startTime: Int64) {
            self.identifier = identifier
            self.startTime = startTime
        }
    }

    /// Where a container that lives is in its life.
    public enum Phase: String, Hashable, Sendable {
        /// Its command does not run yet.
        case created
        /// Its command runs.
        case running
        /// Its command has ended, and is about to be started again.
        case restarting
    }

    /// The file's name.
    public static let fileName = "live.json"

    /// The shim.
    public let shim: Process
    /// The container's init; number 0 while there is none.
    public let first: Process
    /// The container's network namespace: a path that outlives its processes, until the shim ends.
    public let networkNamespace: String
    /// When the command was started last, in nanoseconds since 1970; 0 before.
    public let startedAt: Int64
    /// Where it is in its life.
    public var phase = Phase.running
    /// How often the policy has started it again.
    public var restarts = 0
    /// How the start before this one ended.
    public var lastCode: Int?
    /// When it will be started again, in nanoseconds since 1970.
    public var restartsAt: Int64?

    /// A record of a container that lives.
    public init(shim: Process, first: Process, networkNamespace: String, startedAt: Int64) {
        self.shim = shim
        self.first = first
        self.networkNamespace = networkNamespace
        self.startedAt = startedAt
    }

    /// The record as the file holds it.
    public var json: JSONValue {
        func process(_ process: Process) -> JSONValue {
            .object(
                JSONObject([
                    ("pid", .integer(Int64(process.identifier))), ("startTime", .integer(process.startTime)),
                ]))
        }
        var object = JSONObject([
            ("shim", process(shim)), ("init", process(first)), ("networkNamespace", .string(networkNamespace)),
            ("startedAt", .integer(startedAt)), ("phase", .string(phase.rawValue)),
            ("restarts", .integer(Int64(restarts))),
        ])
        if let lastCode { object["lastCode"] = .integer(Int64(lastCode)) }
        if let restartsAt { object["restartsAt"] = .integer(restartsAt) }
        return .object(object)
    }

    /// Reads what `json` wrote.
    public init(_ json: JSONValue) throws(RecordError) {
        let reader = try RecordReader(json)
        shim = try Self.process(json, "shim")
        first = try Self.process(json, "init")
        networkNamespace = try reader.string("networkNamespace")
        startedAt = try reader.integer("startedAt")
        guard let phase = Phase(rawValue: try reader.string("phase")) else {
            throw RecordError("phase", expected: "created, running or restarting")
        }
        self.phase = phase
        restarts = Int(clamping: try reader.integer("restarts"))
        lastCode = try reader.optionalInteger("lastCode").map { Int(clamping: $0) }
        restartsAt = try reader.optionalInteger("restartsAt")
    }

    private static func process(_ json: JSONValue, _ key: String) throws(RecordError) -> Process {
        let reader = try RecordReader(json.object?[key] ?? .null, key: key)
        return Process(
            identifier: Int32(clamping: try reader.integer("pid")), startTime: try reader.integer("startTime"))
    }
}
