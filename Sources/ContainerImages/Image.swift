public import JSON
internal import LinuxSystem

/// An image that is loaded: its layers are directories, ready to be stacked.
public struct Image: Hashable, Sendable {
    /// The digest of its configuration.
    public let id: ImageDigest
    /// Its names, as "alpine:latest"; none for one that has lost them to a newer image.
    public let names: [String]
    /// What containers of it are like.
    public let configuration: ImageConfiguration
    /// The unpacked layers, lowest first: what overlayfs wants the other way around.
    public let layerDirectories: [String]
    /// Bytes of the layers' files; layers that images share count in each.
    public let size: Int64
    /// When it was loaded, in nanoseconds since 1970.
    public let loadedAt: Int64

    /// For a person: the first name, or the id's beginning.
    public var label: String { names.first ?? id.short }

    /// As `hawser image inspect` shows it.
    public var json: JSONValue {
        func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        return .object(
            JSONObject([
                ("Id", .string(id.description)), ("RepoTags", strings(names)),
                ("Created", .string(configuration.created)), ("Loaded", .integer(loadedAt)),
                ("Os", .string(configuration.platform?.system ?? "")),
                ("Architecture", .string(configuration.platform?.architecture ?? "")),
                ("Variant", .string(configuration.platform?.variant ?? "")), ("Size", .integer(size)),
                ("Config", configuration.json),
                ("RootFS", .object(JSONObject([("Layers", strings(configuration.layers.map(\.description)))]))),
                ("LayerDirectories", strings(layerDirectories)),
            ]))
    }
}
