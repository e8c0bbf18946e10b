internal import JSON
public import LinuxSystem

/// Where messages go: standard error, and the file of `--log` in the format that callers read.
public struct RuntimeLog: Sendable {
    /// The layout of a line.
    public enum Format: String, Sendable {
        case text, json
    }

    /// How grave a message is, with the words of runc's log.
    public enum Level: String, Sendable {
        case warning, error
    }

    /// The file of `--log`.
    public let path: String?
    /// Its format, and that of standard error without a file.
    public let format: Format

    /// A log.
    public init(path: String? = nil, format: Format = .text) {
        self.path = path
        self.format = format
    }

    /// One line, with its end.
    public func line(_ level: Level, _ message: String, at time: Timestamp) -> String {
        let when = time.wholeSeconds
        switch format {
        case .json:
            let object = JSONObject([
                ("level", .string(level.rawValue)), ("msg", .string(message)), ("time", .string(when)),
            ])
            return JSONValue.object(object).text() + "\n"
        case .text: return "time=\"\(when)\" level=\(level.rawValue) msg=\(JSONValue.string(message).text())\n"
        }
    }

    /// Says it.
    ///
    /// An error is said on standard error too when there is a file: callers show the one and read the other.
    public func write(_ level: Level, _ message: String) {
        let line = line(level, message, at: Timestamp(nanoseconds: Clock.realtimeNanoseconds()))
        guard let path else { return StandardStreams.writeError(line) }
        do throws(SystemError) {
            let file = try OwnedDescriptor.append(to: path, mode: 0o644)
            try file.write(Array(line.utf8))
        } catch {
            StandardStreams.writeError("\(error)\n")
        }
        if level == .error { StandardStreams.writeError(message + "\n") }
    }
}
