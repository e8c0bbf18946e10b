internal import JSON
internal import LinuxSystem

/// The images of one host: `images/` below the runner's state directory.
///
/// Several processes may use it at once. A layer is unpacked beside the others, and becomes visible with the image that brought
/// it by one rename; what a process leaves half-made is removed by the next one that has the store for itself.
public struct ImageStore: Sendable {
    /// The store's directory.
    public let directory: String
    /// Where the containers' directories are: who uses an image ends with its directory.
    let containers: String
    /// What is refused.
    public var limits = ImageLimits()
    /// For which machine images are chosen.
    public var platform = Platform.current

    /// The store of a runner's state directory.
    public init(stateDirectory: String) {
        directory = "\(stateDirectory)/images"
        containers = "\(stateDirectory)/containers"
    }

    static let lockMilliseconds = 600_000  // while another process removes layers
    static let contentLock = ".content.lock"
    static let indexLock = ".index.lock"

    func layerDirectory(_ digest: ImageDigest) -> String { "\(directory)/layers/\(digest.hex)" }
    func configurationPath(_ id: ImageDigest) -> String { "\(directory)/configs/\(id.hex)" }

    /// The store's directory with what it needs below it.
    func open() throws(ImageError) -> Directory {
        try onImage("store") { () throws(SystemError) in
            for name in ["layers", "configs", "tmp", "uses"] {
                try Files.makeDirectories("\(directory)/\(name)", mode: 0o700)
            }
            return try Directory.open(directory)
        }
    }

    /// Keeps others from changing the list.
    func lockIndex(_ store: borrowing Directory) throws(ImageError) -> FileLock {
        do throws(SystemError) {
            return try FileLock.acquire(Self.indexLock, in: store, mode: 0o600, milliseconds: Self.lockMilliseconds)
        } catch {
            throw ImageError("store", .system(error))
        }
    }

    /// Keeps others from removing layers.
    func lockContent(_ store: borrowing Directory) throws(ImageError) -> FileLock {
        do throws(SystemError) {
            return try FileLock.acquire(
                Self.contentLock, in: store, kind: .shared, mode: 0o600, milliseconds: Self.lockMilliseconds)
        } catch {
            throw ImageError("store", .system(error))
        }
    }

    /// All images, the newest first.
    public func images() throws(ImageError) -> [Image] {
        let index = try StoreIndex(of: directory)
        var images: [Image] = []
        for entry in index.images { images.append(try image(entry, index)) }
        return images.sorted { $0.loadedAt > $1.loadedAt }
    }

    func image(_ entry: StoreIndex.Entry, _ index: StoreIndex) throws(ImageError) -> Image {
        let path = configurationPath(entry.id)
        let bytes = try onImage(
            entry.id.short,
            { () throws(SystemError) in
                try Files.read(path, limit: limits.documentBytes)
            })
        return Image(
            id: entry.id, names: entry.names,
            configuration: try ImageConfiguration(bytes, of: entry.id.short, entry: path),
            layerDirectories: Self.stacked(entry.layers).map(layerDirectory),
            size: entry.layers.reduce(0) { $0 + (index.layer($1)?.size ?? 0) }, loadedAt: entry.loadedAt)
    }

    /// The layers without the lower ones of those that occur twice.
    ///
    /// What such a layer has and hides, it has and hides again where it is on top; overlayfs refuses one that is there twice.
    private static func stacked(_ layers: [ImageDigest]) -> [ImageDigest] {
        layers.enumerated().filter { !layers[($0.offset + 1)...].contains($0.element) }.map(\.element)
    }

    /// The image that a name, an id or the beginning of one means; nil when there is none.
    public func find(_ text: String) throws(ImageError) -> Image? {
        let index = try StoreIndex(of: directory)
        return try entry(text, in: index).map { (entry) throws(ImageError) in try image(entry, index) }
    }

    /// The image that a name, an id or the beginning of one means.
    public func require(_ text: String) throws(ImageError) -> Image {
        if let image = try find(text) { return image }
        let names = try StoreIndex(of: directory).images.flatMap(\.names)
        throw ImageError(text, .unknown(similar: names.filter { $0.hasPrefix(text) || text.hasPrefix($0) }))
    }

    func entry(_ text: String, in index: StoreIndex) throws(ImageError) -> StoreIndex.Entry? {
        if let name = ImageName(text)?.description, let entry = index.images.first(where: { $0.names.contains(name) }) {
            return entry
        }
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        guard digits.utf8.count >= 4 else { return nil }  // fewer are no abbreviation, but a name misspelt
        let found = index.images.filter { $0.id.hex.hasPrefix(digits) }
        guard found.count <= 1 else { throw ImageError(text, .ambiguous(found.map(\.id.short))) }
        return found.first
    }

    /// The image that `--image FILE|DIR|NAME` means; a file or directory is loaded, if it is not loaded already.
    ///
    /// What begins with "/" or "." is a path. Anything else is a name first; ":TAG" behind a path chooses one of several.
    public func image(for text: String) throws(ImageError) -> Image {
        if !text.hasPrefix("/"), !text.hasPrefix("."), let image = try find(text) { return image }
        guard let (path, tag) = Self.split(text) else { return try require(text) }
        let images = try load(from: path, tag: tag, onlyOne: true)
        guard let image = images.first else { throw ImageError(path, .missing) }
        return image
    }

    /// An existing path, with the tag that follows it; nil when no part of the text leads anywhere.
    public static func split(_ text: String) -> (path: String, tag: String?)? {
        if Files.exists(text) { return (text, nil) }
        let bytes = Array(text.utf8)
        for colon in bytes.indices where bytes[colon] == UInt8(ascii: ":") {
            let path = String(decoding: bytes[..<colon], as: UTF8.self)
            let tag = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
            if !path.isEmpty, !tag.isEmpty, Files.exists(path) { return (path, tag) }
        }
        return nil
    }
}
