internal import JSON
internal import LinuxSystem

/// The store's list of images and layers: `images/index.json`.
///
/// What it does not list is not there, whatever directories stand beside it.
struct StoreIndex: Hashable {
    /// One image.
    struct Entry: Hashable {
        let id: ImageDigest
        var names: [String]
        let layers: [ImageDigest]
        var loadedAt: Int64
    }

    /// One unpacked layer.
    struct Layer: Hashable {
        let digest: ImageDigest
        /// Bytes of its files.
        let size: Int64
    }

    var images: [Entry] = []
    var layers: [Layer] = []

    static let fileName = "index.json"
    private static let limit = 4 << 20  // bytes: thousands of images

    init() {}

    func image(_ id: ImageDigest) -> Entry? { images.first { $0.id == id } }

    func layer(_ digest: ImageDigest) -> Layer? { layers.first { $0.digest == digest } }

    /// Reads the list of a store; an empty one where there is none.
    init(of directory: String) throws(ImageError) {
        let path = "\(directory)/\(Self.fileName)"
        guard
            let bytes = try onImage(
                "store", { () throws(SystemError) in try Files.readIfPresent(path, limit: Self.limit) })
        else { return }
        let reader = try DocumentReader(bytes, "store", path)
        for image in try reader.objects("images") {
            var layers: [ImageDigest] = []
            for text in try image.strings("layers") { layers.append(try image.digest(of: text)) }
            images.append(
                Entry(
                    id: try image.digest("id"), names: try image.strings("names"), layers: layers,
                    loadedAt: try image.integer("loadedAt") ?? 0))
        }
        for layer in try reader.objects("layers") {
            layers.append(Layer(digest: try layer.digest("digest"), size: try layer.integer("size") ?? 0))
        }
    }

    /// Replaces the list, so that it survives a loss of power.
    func write(to directory: String) throws(ImageError) {
        func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        let json = JSONValue.object(
            JSONObject([
                ("version", .integer(1)),
                (
                    "images",
                    .array(
                        images.map { image in
                            .object(
                                JSONObject([
                                    ("id", .string(image.id.description)), ("names", strings(image.names)),
                                    ("layers", strings(image.layers.map(\.description))),
                                    ("loadedAt", .integer(image.loadedAt)),
                                ]))
                        })
                ),
                (
                    "layers",
                    .array(
                        layers.map { layer in
                            .object(
                                JSONObject([
                                    ("digest", .string(layer.digest.description)), ("size", .integer(layer.size)),
                                ]))
                        })
                ),
            ]))
        let bytes = json.encoded(.indented(2, sortedKeys: false))
        try onImage("store") { () throws(SystemError) in
            try Files.replace("\(directory)/\(Self.fileName)", bytes, mode: 0o600, durable: true)
        }
    }

    /// Gives an image its names, and takes them from those that had them.
    mutating func add(_ entry: Entry, _ newLayers: [Layer]) {
        for position in images.indices { images[position].names.removeAll { entry.names.contains($0) } }
        if let position = images.firstIndex(where: { $0.id == entry.id }) {
            images[position].names += entry.names
            images[position].loadedAt = entry.loadedAt
        } else {
            images.append(entry)
        }
        layers += newLayers.filter { layer($0.digest) == nil }
    }
}
