internal import JSON

/// What a container's root is made of.
public struct RootSettings: Hashable, Sendable {
    /// Where it comes from.
    public enum Source: Hashable, Sendable {
        /// The host's own programs and settings.
        case host
        /// A directory; `isPrivate`: what the container writes goes to a layer of its own.
        case directory(String, isPrivate: Bool)
        /// The layers of an image, the lowest first.
        case image(name: String, id: String, layers: [String])
    }

    /// Where it comes from.
    public var source = Source.host
    /// Whether the container cannot write to it.
    public var isReadOnly = false
    /// Further paths of the host that are shown, of a root that is the host's.
    public var exposed: [String] = []
    /// File systems in memory.
    public var memory: [TmpfsMount] = []

    /// The host's own programs.
    public init() {}

    /// Reads `--rootfs`: a directory, with ":O" for a private layer over it.
    public static func directory(_ text: String, relativeTo current: String) throws(RunnerError) -> Source {
        let isPrivate = text.hasSuffix(":O")
        let path = isPrivate ? String(text.dropLast(2)) : text
        guard !path.isEmpty else { throw .invalid(option: "--rootfs", value: text, expected: "a directory") }
        return .directory(path.hasPrefix("/") ? path : current + "/" + path, isPrivate: isPrivate)
    }

    /// The directories in which a file of the root is looked for, the first that has it.
    var searched: [String] {
        switch source {
        case .host: ["/"]
        case .directory(let path, _): [path]
        case .image(_, _, let layers): layers.reversed()
        }
    }

    var json: JSONValue {
        var object = JSONObject()
        switch source {
        case .host: break
        case .directory(let path, let isPrivate):
            object["directory"] = .string(path)
            if isPrivate { object["private"] = .bool(true) }
        case .image(let name, let id, let layers):
            object["image"] = .string(name)
            object["imageID"] = .string(id)
            object.set("layers", strings: layers)
        }
        if isReadOnly { object["readOnly"] = .bool(true) }
        object.set("exposed", strings: exposed)
        object.set("tmpfs", strings: memory.map(\.description))
        return .object(object)
    }

    init(_ reader: SettingsReader) throws(RunnerError) {
        if let path = try reader.string("directory") {
            source = .directory(path, isPrivate: try reader.bool("private", default: false))
        } else if let name = try reader.string("image") {
            source = .image(
                name: name, id: try reader.string("imageID") ?? "", layers: try reader.strings("layers"))
        }
        isReadOnly = try reader.bool("readOnly", default: false)
        exposed = try reader.strings("exposed")
        memory = try reader.strings("tmpfs").map { text throws(RunnerError) in try TmpfsMount(text) }
    }
}
