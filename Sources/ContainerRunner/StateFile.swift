internal import JSON
internal import LinuxSystem

/// Reading and writing the runner's JSON files.
enum StateFile {
    static let limit = 8 << 20  // bytes: a container with thousands of volumes

    /// The content; nil when there is no such file.
    static func read(_ path: String) throws(RunnerError) -> JSONValue? {
        guard
            let bytes = try during(
                "reading state",
                { () throws(SystemError) in
                    try Files.readIfPresent(path, limit: limit)
                })
        else { return nil }
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw .record(path: path, reason: error.description)
        }
    }

    /// Replaces the file as a whole.
    static func write(_ path: String, _ json: JSONValue) throws(RunnerError) {
        try during("writing state") { () throws(SystemError) in
            try Files.replace(path, json.encoded(.indented(2, sortedKeys: false)), mode: 0o600)
        }
    }
}
