internal import JSON
internal import LinuxSystem

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
                    ("flags", Self.words(flags)),
                ])
        case .mask(let target): object("mask", [("target", target)])
        case .readOnly(let target, let alone):
            object("readOnly", [("target", target)] + (alone ? [("flags", "alone")] : []))
        case .root(let source, let flags):
            object("root", [("source", source), ("target", "/"), ("flags", Self.words(flags))])
        case .layers(let directories):
            .object(
                JSONObject([
                    ("do", .string("layers")), ("target", .string("/")),
                    ("sources", .array(directories.map { .string($0) })),
                ]))
        case .device(let target, let device, let source):
            object(
                "device",
                [
                    ("target", target), ("source", source), ("type", String(device.type)),
                    ("number", "\(device.major):\(device.minor)"), ("mode", String(device.mode, radix: 8)),
                    ("owner", "\(device.user):\(device.group)"),
                ])
        case .mount(let mount):
            object(
                "any",
                [
                    ("source", mount.source), ("target", mount.target), ("type", mount.type), ("options", mount.data),
                    ("flags", mount.recursive ? "rbind" : ""), ("mountFlags", String(mount.flags)),
                    ("attributes", "\(mount.set):\(mount.cleared):\(mount.setBelow):\(mount.clearedBelow)"),
                    ("propagation", String(mount.propagation)),
                ])
        }
    }

    private static func words(_ flags: BindFlags) -> String {
        text(BindFlags.names.filter { flags.contains($0.flag) }.map { $0.name })
    }

    private static func numbers(_ text: String, key: String) throws(RecordError) -> (UInt32, UInt32) {
        let parts = text.split(separator: ":").compactMap { UInt32($0) }
        guard parts.count == 2 else { throw RecordError(key, expected: "two numbers") }
        return (parts[0], parts[1])
    }

    private static func text(_ names: [String]) -> String { names.joined(separator: ",") }

    private static func anyMount(
        _ reader: RecordReader, target: String, words: [String], key: String
    ) throws(RecordError) -> Mount {
        var mount = Mount(
            source: try reader.string("source"), target: target, type: try reader.string("type"))
        mount.data = try reader.string("options")
        mount.recursive = words.contains("rbind")
        let attributes = try reader.string("attributes").split(separator: ":").compactMap { UInt64($0) }
        guard attributes.count == 4, let flags = UInt(try reader.string("mountFlags")),
            let propagation = UInt64(try reader.string("propagation"))
        else { throw RecordError(key + ".attributes", expected: "four numbers") }
        (mount.set, mount.cleared, mount.setBelow, mount.clearedBelow) = (
            attributes[0], attributes[1], attributes[2], attributes[3]
        )
        mount.flags = flags
        mount.propagation = propagation
        return mount
    }

    private static func bindFlags(_ words: [String]) -> BindFlags {
        var flags: BindFlags = []
        for entry in BindFlags.names where words.contains(entry.name) { flags.insert(entry.flag) }
        return flags
    }

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
        case "bind": self = .bind(source: try reader.string("source"), target: target, flags: Self.bindFlags(words))
        case "root": self = .root(source: try reader.string("source"), flags: Self.bindFlags(words))
        case "layers": self = .layers(try reader.strings("sources"))
        case "device":
            let type = try reader.string("type")
            guard let kind = type.first, type.utf8.count == 1, "cbp".contains(kind) else {
                throw RecordError(key + ".type", expected: "c, b or p")
            }
            let number = try Self.numbers(try reader.string("number"), key: key + ".number")
            var device = Device(type: kind, major: number.0, minor: number.1)
            (device.user, device.group) = try Self.numbers(try reader.string("owner"), key: key + ".owner")
            guard let mode = UInt32(try reader.string("mode"), radix: 8), mode <= 0o7777 else {
                throw RecordError(key + ".mode", expected: "an octal number")
            }
            device.mode = mode
            self = .device(target, device, source: try reader.string("source"))
        case "any": self = .mount(try Self.anyMount(reader, target: target, words: words, key: key))
        case "mask": self = .mask(target)
        case "readOnly": self = .readOnly(target, alone: words.contains("alone"))
        default:
            throw RecordError(
                key + ".do",
                expected: "directory, link, tree, mount, bind, mask, readOnly, root, layers or device")
        }
    }
}
