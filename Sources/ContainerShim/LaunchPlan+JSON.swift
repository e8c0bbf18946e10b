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
        switch network {
        case .own: object["network"] = .string("own")
        case .host: object["network"] = .string("host")
        case .join(let path): object["network"] = .string("join:" + path)
        }
        if let size = terminalSize {
            object["terminalSize"] = .array([.integer(Int64(size.rows)), .integer(Int64(size.columns))])
        }
        if let privateInMemory { object["privateInMemory"] = .string(privateInMemory) }
        if let controlGroup { object["controlGroup"] = .string(controlGroup) }
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
        let network = try reader.string("network")
        switch network {
        case "own": self.network = .own
        case "host": self.network = .host
        default:
            guard network.hasPrefix("join:/") else { throw RecordError("network", expected: "own, host or join:PATH") }
            self.network = .join(String(network.dropFirst(5)))
        }
        privateInMemory = try reader.optionalString("privateInMemory")
        controlGroup = try reader.optionalString("controlGroup")
        for (index, step) in try reader.array("steps").enumerated() {
            steps.append(try LaunchStep(step, key: "steps[\(index)]"))
        }
    }
}

extension LaunchStep {
    var json: JSONValue {
        func object(_ kind: String, _ members: [(String, String)]) -> JSONValue {
            .object(JSONObject([("do", .string(kind))] + members.map { ($0.0, .string($0.1)) }))
        }
        return switch self {
        case .directory(let target, let mode):
            object("directory", [("target", target), ("mode", String(mode, radix: 8))])
        case .link(let target, let content): object("link", [("target", target), ("content", content)])
        case .tree(let source, let target, let name, let readOnly):
            object(
                "tree",
                [("source", source), ("target", target), ("name", name), ("flags", readOnly ? "ro" : "rw")])
        case .fileSystem(let kind, let target, let options, let flags):
            object(
                "mount",
                [
                    ("type", kind), ("target", target), ("options", options),
                    ("flags", Self.text(MountFlags.names.filter { flags.contains($0.flag) }.map { $0.name })),
                ])
        case .bind(let source, let target, let flags):
            object(
                "bind",
                [
                    ("source", source), ("target", target),
                    ("flags", Self.text(BindFlags.names.filter { flags.contains($0.flag) }.map { $0.name })),
                ])
        case .mask(let target): object("mask", [("target", target)])
        case .readOnly(let target): object("readOnly", [("target", target)])
        }
    }

    private static func text(_ names: [String]) -> String { names.joined(separator: ",") }

    init(_ json: JSONValue, key: String) throws(RecordError) {
        let reader = try RecordReader(json, key: key)
        let target = try reader.string("target")
        let words = try (reader.optionalString("flags") ?? "").split(separator: ",").map { String($0) }
        switch try reader.string("do") {
        case "directory":
            guard let mode = UInt32(try reader.string("mode"), radix: 8), mode <= 0o7777 else {
                throw RecordError(key + ".mode", expected: "an octal number")
            }
            self = .directory(target, mode: mode)
        case "link": self = .link(target, content: try reader.string("content"))
        case "tree":
            self = .tree(
                source: try reader.string("source"), target: target, name: try reader.string("name"),
                readOnly: words.contains("ro"))
        case "mount":
            var flags: MountFlags = []
            for entry in MountFlags.names where words.contains(entry.name) { flags.insert(entry.flag) }
            self = .fileSystem(
                kind: try reader.string("type"), target: target, options: try reader.string("options"), flags: flags)
        case "bind":
            var flags: BindFlags = []
            for entry in BindFlags.names where words.contains(entry.name) { flags.insert(entry.flag) }
            self = .bind(source: try reader.string("source"), target: target, flags: flags)
        case "mask": self = .mask(target)
        case "readOnly": self = .readOnly(target)
        default: throw RecordError(key + ".do", expected: "directory, link, tree, mount, bind, mask or readOnly")
        }
    }
}
