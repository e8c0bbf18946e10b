public import JSON

/// What a shim must know beside the launch: shim.json, written by the runner.
public struct ShimSettings: Hashable, Sendable {
    /// How the command's input behaves.
    public enum Input: String, Hashable, Sendable {
        /// It is empty.
        case none
        /// It ends when that of the program that started the container does.
        case once
        /// It stays open, whoever comes and goes.
        case open
    }

    /// The file's name.
    public static let fileName = "shim.json"

    /// Whether the container is started again.
    public var restart = RestartPolicy.no
    /// Where its output is kept.
    public var log = LogSettings()
    /// How its input behaves.
    public var input = Input.none

    /// No restart, the standard log, no input.
    public init() {}

    /// The settings as the file holds them.
    public var json: JSONValue {
        .object(
            JSONObject([
                ("restart", .string(restart.description)), ("log", log.json), ("input", .string(input.rawValue)),
            ]))
    }

    /// Reads what `json` wrote.
    public init(_ json: JSONValue) throws(RecordError) {
        let reader = try RecordReader(json)
        guard let restart = RestartPolicy(try reader.string("restart")) else {
            throw RecordError("restart", expected: "a restart policy")
        }
        self.restart = restart
        log = try LogSettings(json.object?["log"] ?? .null)
        guard let input = Input(rawValue: try reader.string("input")) else {
            throw RecordError("input", expected: "none, once or open")
        }
        self.input = input
    }
}

/// How a container's output is kept.
public struct LogSettings: Hashable, Sendable {
    /// The format of the files.
    public enum Driver: String, Hashable, Sendable {
        /// "TIME stdout F line", as Kubernetes' runtimes write.
        case lines
        /// {"log":"line\n","stream":"stdout","time":"TIME"}, docker's json-file.
        case json
        /// The bytes alone, both streams in one.
        case raw
        /// Nothing is kept.
        case none
    }

    /// The format.
    public var driver = Driver.lines
    /// A file that would grow beyond this many bytes is put aside; 0 for never.
    public var maximumSize: Int64 = 0
    /// So many files there are at most, the newest one included.
    public var maximumFiles = 1

    /// The standard log: lines, in one file without limit.
    public init() {}

    /// The settings as files hold them.
    public var json: JSONValue {
        .object(
            JSONObject([
                ("driver", .string(driver.rawValue)), ("maximumSize", .integer(maximumSize)),
                ("maximumFiles", .integer(Int64(maximumFiles))),
            ]))
    }

    /// Reads what `json` wrote.
    public init(_ json: JSONValue) throws(RecordError) {
        let reader = try RecordReader(json, key: "log")
        guard let driver = Driver(rawValue: try reader.string("driver")) else {
            throw RecordError("log.driver", expected: "lines, json, raw or none")
        }
        self.driver = driver
        maximumSize = max(0, try reader.integer("maximumSize"))
        maximumFiles = max(1, Int(clamping: try reader.integer("maximumFiles")))
    }

    /// The name of the newest file.
    public static let fileName = "output.log"

    /// The name of a file: 0 is the newest, 1 the one that was put aside last.
    public static func fileName(_ age: Int) -> String { age == 0 ? fileName : "\(fileName).\(age)" }
}
