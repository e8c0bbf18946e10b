public import JSON
internal import LinuxSystem

/// A state file that does not say what it should.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member, as "steps[3].target".
    public let key: String
    /// What is expected there.
    public let expected: String

    init(_ key: String, expected: String) {
        self.key = key
        self.expected = expected
    }

    /// As "steps[3].target: a string is expected".
    public var description: String { "\(key): \(expected) is expected" }
}

extension LaunchPlan {
    /// The plan as launch.json holds it.
    public var json: JSONValue {
        var object = JSONObject([
            ("command", .array(command.map { .string($0) })),
            ("environment", .array(environment.map { .string($0) })),
            ("workingDirectory", .string(workingDirectory)),
            ("uid", .integer(Int64(user.user))),
            ("gid", .integer(Int64(user.group))),
            ("groups", .array(user.supplementary.map { .integer(Int64($0)) })),
            ("capabilities", .integer(Int64(bitPattern: capabilities))),
            ("noNewPrivileges", .bool(noNewPrivileges)),
            ("terminal", .bool(terminal)),
            ("hostname", .string(hostname)),
            ("steps", .array(steps.map { $0.json })),
        ])
        if let size = terminalSize {
            object["terminalSize"] = .array([.integer(Int64(size.rows)), .integer(Int64(size.columns))])
        }
        if let privateInMemory { object["privateInMemory"] = .string(privateInMemory) }
        if let controlGroup { object["controlGroup"] = .string(controlGroup) }
        addSurroundings(to: &object)
        return .object(object)
    }

    /// Reads what `json` wrote.
    public init(_ json: JSONValue) throws(RecordError) {
        let reader = try RecordReader(json)
        self.init(command: try reader.strings("command"), environment: try reader.strings("environment"))
        if command.isEmpty { throw RecordError("command", expected: "a program") }
        workingDirectory = try reader.string("workingDirectory")
        user = User(
            user: UInt32(clamping: try reader.integer("uid")), group: UInt32(clamping: try reader.integer("gid")))
        for group in try reader.array("groups") {
            guard let number = group.integer else { throw RecordError("groups", expected: "a list of numbers") }
            user.supplementary.append(UInt32(clamping: number))
        }
        capabilities = UInt64(bitPattern: try reader.integer("capabilities"))
        noNewPrivileges = try reader.bool("noNewPrivileges")
        terminal = try reader.bool("terminal")
        if (json.object?["terminalSize"]) != nil {
            let size = try reader.array("terminalSize").compactMap { $0.integer.map { UInt16(clamping: $0) } }
            guard size.count == 2 else { throw RecordError("terminalSize", expected: "rows and columns") }
            terminalSize = Terminal.Size(rows: size[0], columns: size[1])
        }
        hostname = try reader.string("hostname")
        privateInMemory = try reader.optionalString("privateInMemory")
        controlGroup = try reader.optionalString("controlGroup")
        try readSurroundings(reader)
        for (index, step) in try reader.array("steps").enumerated() {
            steps.append(try LaunchStep(step, key: "steps[\(index)]"))
        }
    }
}
