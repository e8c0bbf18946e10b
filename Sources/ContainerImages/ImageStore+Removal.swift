internal import JSON
internal import LinuxSystem

/// Which containers use which images, and removal of what nobody uses.
extension ImageStore {
    /// A container's claim: `uses/ID`.
    struct Use {
        let container: String
        let image: ImageDigest
        let layers: [ImageDigest]
    }

    /// Says that a container uses an image, from when its directory is made until that is removed.
    ///
    /// Throws when the image has been removed meanwhile.
    public func hold(_ image: Image, for container: String) throws(ImageError) {
        let store = try open()
        let content = try lockContent(store)
        defer { content.keepHeld() }
        guard let entry = try StoreIndex(of: directory).image(image.id) else {
            throw ImageError(image.label, .missing)
        }
        let json = JSONValue.object(
            JSONObject([
                ("image", .string(entry.id.description)),
                ("layers", .array(entry.layers.map { .string($0.description) })),
            ]))
        try onImage("store") { () throws(SystemError) in
            try Files.replace("\(directory)/uses/\(container)", json.encoded(), mode: 0o600)
        }
    }

    /// The claims of containers that exist.
    func uses() throws(ImageError) -> [Use] {
        let path = "\(directory)/uses"
        var uses: [Use] = []
        for container in try onImage("store", { () throws(SystemError) in try Files.list(path) }) {
            guard Files.exists("\(containers)/\(container)") else { continue }
            let file = "\(path)/\(container)"
            guard
                let bytes = try onImage(
                    "store", { () throws(SystemError) in try Files.readIfPresent(file, limit: 65536) })
            else { continue }
            let reader = try DocumentReader(bytes, "store", file)
            var layers: [ImageDigest] = []
            for text in try reader.strings("layers") { layers.append(try reader.digest(of: text)) }
            uses.append(Use(container: container, image: try reader.digest("image"), layers: layers))
        }
        return uses
    }

    /// What a removal took away.
    public struct Removal: Hashable, Sendable {
        /// Names that mean nothing any more.
        public var names: [String] = []
        /// The image, when it is gone.
        public var image: ImageDigest?
    }

    /// Removes a name; with its last name, or by its id, the image, and the layers that nothing else needs.
    ///
    /// A container that uses the image keeps it; with `force` it keeps the layers alone.
    public func remove(_ text: String, force: Bool) throws(ImageError) -> Removal {
        let store = try open()
        var removal = Removal()
        do {
            let lock = try lockIndex(store)
            defer { lock.keepHeld() }
            var index = try StoreIndex(of: directory)
            guard let entry = try entry(text, in: index) else {
                throw ImageError(text, .unknown(similar: index.images.flatMap(\.names).filter { $0.hasPrefix(text) }))
            }
            let name = ImageName(text)?.description
            let isName = entry.names.contains(name ?? "")
            let users = try uses().filter { $0.image == entry.id }.map { String($0.container.prefix(12)) }
            if let name, isName, entry.names.count > 1 {
                index.images = index.images.map { image in
                    var image = image
                    image.names.removeAll { $0 == name }
                    return image
                }
                removal.names = [name]
            } else {
                guard users.isEmpty || force else { throw ImageError(entry.names.first ?? text, .inUse(by: users)) }
                guard isName || entry.names.count <= 1 || force else {
                    throw ImageError(text, .ambiguous(entry.names))
                }
                index.images.removeAll { $0.id == entry.id }
                removal = Removal(names: entry.names, image: entry.id)
            }
            try index.write(to: directory)
        }
        try collect()
        return removal
    }

    /// Removes layers that neither an image nor a container needs, and what processes left half-made.
    ///
    /// Does nothing while another process loads; whoever comes next does it then.
    public func collect() throws(ImageError) {
        let store = try open()
        guard let content = try tryLockContent(store) else { return }
        defer { content.keepHeld() }
        do {
            let lock = try lockIndex(store)
            defer { lock.keepHeld() }
            var index = try StoreIndex(of: directory)
            let needed = Set(index.images.flatMap(\.layers) + (try uses()).flatMap(\.layers))
            let before = index
            index.layers.removeAll { !needed.contains($0.digest) }
            if index != before { try index.write(to: directory) }
            try onImage("store") { () throws(SystemError) in
                for name in try Files.list("\(directory)/layers")
                where !index.layers.contains(where: { $0.digest.hex == name }) {
                    try Files.rename(
                        "\(directory)/layers/\(name)", to: "\(directory)/tmp/\(String(Random.uint64(), radix: 16))")
                }
                for name in try Files.list("\(directory)/configs")
                where !index.images.contains(where: { $0.id.hex == name }) {
                    try Files.remove("\(directory)/configs/\(name)")
                }
                for name in try Files.list("\(directory)/uses") where !Files.exists("\(containers)/\(name)") {
                    try Files.remove("\(directory)/uses/\(name)")
                }
            }
        }
        try onImage("store") { () throws(SystemError) in
            for name in try Files.list("\(directory)/tmp") { try Files.removeTree("\(directory)/tmp/\(name)") }
        }
    }

    func tryLockContent(_ store: borrowing Directory) throws(ImageError) -> FileLock? {
        do throws(SystemError) {
            return try FileLock.acquire(Self.contentLock, in: store, mode: 0o600, milliseconds: 0)
        } catch {
            if error.errno == .timedOut { return nil }
            throw ImageError("store", .system(error))
        }
    }
}
