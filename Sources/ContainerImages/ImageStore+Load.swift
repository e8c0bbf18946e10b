internal import LinuxSystem

extension ImageStore {
    /// A layer that is unpacked and not yet visible.
    private struct Unpacked {
        let digest: ImageDigest
        let path: String
        let size: Int64
    }

    /// Loads the images of a file or directory: all, or those that a tag or name means.
    ///
    /// `name` is one more name for the image, which must then be one; `onlyOne` refuses several before any is unpacked. "-" is
    /// standard input.
    public func load(from path: String, tag: String? = nil, name: String? = nil, onlyOne: Bool = false)
        throws(ImageError) -> [Image]
    {
        let store = try open()
        let held = try lockContent(store)
        defer { held.keepHeld() }
        let catalogue = try ImageCatalogue(try source(path), limits)
        let candidates = try catalogue.matching(tag)
        guard candidates.count == 1 || !onlyOne && name == nil else {
            throw ImageError(path, .ambiguous(candidates.map(\.label)))
        }
        var ids: [ImageDigest] = []
        for candidate in candidates {
            let selected = try catalogue.select(candidate, for: platform)
            let names = try Self.names(selected.names + (name.map { [$0] } ?? []), of: path)
            try load(selected, names: names, from: catalogue.source, into: store)
            ids.append(selected.id)
        }
        let index = try StoreIndex(of: directory)
        var images: [Image] = []
        for id in ids {
            guard let entry = index.image(id) else { continue }  // removed again by another process
            images.append(try image(entry, index))
        }
        return images
    }

    private static func names(_ texts: [String], of path: String) throws(ImageError) -> [String] {
        var names: [String] = []
        for text in texts {
            guard let name = ImageName(text)?.description else {
                throw ImageError(path, .malformed("\"\(text)\" is no name of an image"))
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func source(_ path: String) throws(ImageError) -> any ImageSource {
        if path != "-" {
            let status = try onImage(path) { () throws(SystemError) in try Files.status(path) }
            guard let status else { throw ImageError(path, .missing) }
            if status.kind == .directory { return try DirectorySource(path) }
        }
        let file = try onImage(path) { () throws(SystemError) in
            path == "-" ? try OwnedDescriptor.standardInput() : try OwnedDescriptor.reading(path)
        }
        var opened = SharedFile(file, path: path)
        let status = try onImage(path) { () throws(SystemError) in try opened.descriptor.status() }
        if status.kind != .regular {
            let copy = try spool()
            try FileStream(opened).write(to: copy, limit: limits.layerBytes, subject: path)
            opened = copy
        }
        return try ArchiveSource(path, opened, limits) { () throws(ImageError) in try spool() }
    }

    /// A file without a name on the store's file system, which goes with its last user.
    private func spool() throws(ImageError) -> SharedFile {
        let file = try onImage("store") { () throws(SystemError) in
            try OwnedDescriptor.unnamed(in: "\(directory)/tmp", mode: 0o600)
        }
        return SharedFile(file, path: "\(directory)/tmp")
    }

    private func load(
        _ image: ImageCatalogue.Selected, names: [String], from source: any ImageSource, into store: borrowing Directory
    ) throws(ImageError) {
        let before = try StoreIndex(of: directory)
        var unpacked: [Unpacked] = []
        defer { for layer in unpacked { _ = try? Files.removeTree(layer.path) } }
        for (number, layer) in image.layers.enumerated()
        where before.layer(layer.content) == nil && !unpacked.contains(where: { $0.digest == layer.content }) {
            let path = "\(directory)/tmp/\(String(Random.uint64(), radix: 16))"
            unpacked.append(Unpacked(digest: layer.content, path: path, size: 0))
            let size = try unpack(layer, "layer \(number + 1) (\(layer.path))", from: source, to: path)
            unpacked[unpacked.count - 1] = Unpacked(digest: layer.content, path: path, size: size)
        }
        let lock = try lockIndex(store)
        defer { lock.keepHeld() }
        var index = try StoreIndex(of: directory)
        for layer in unpacked where index.layer(layer.digest) == nil { try publish(layer) }
        try onImage("store") { () throws(SystemError) in
            try Files.replace(configurationPath(image.id), image.configurationBytes, mode: 0o600, durable: true)
        }
        index.add(
            StoreIndex.Entry(
                id: image.id, names: names, layers: image.layers.map(\.content), loadedAt: Clock.realtimeNanoseconds()),
            unpacked.map { StoreIndex.Layer(digest: $0.digest, size: $0.size) })
        try index.write(to: directory)
    }

    /// Moves a layer to its place; what stands there without being listed was left by a process that died.
    private func publish(_ layer: Unpacked) throws(ImageError) {
        let place = layerDirectory(layer.digest)
        try onImage("store") { () throws(SystemError) in
            if try Files.status(place) != nil {
                try Files.rename(place, to: "\(directory)/tmp/\(String(Random.uint64(), radix: 16))")
            }
            try Files.rename(layer.path, to: place)
        }
    }

    /// Unpacks a layer into a new directory, and answers the bytes of its files.
    ///
    /// Both digests are checked before it counts: that of the archive as it came, and that of what it is uncompressed.
    private func unpack(
        _ layer: ImageCatalogue.Layer, _ label: String, from source: any ImageSource, to path: String
    ) throws(ImageError) -> Int64 {
        let subject = "\(source.path): \(label)"
        guard let bytes = try source.open(layer.path) else { throw ImageError(source.path, label, .missing) }
        let stored = DigestingStream(bytes, limit: layer.size ?? limits.layerBytes, subject: subject)
        let content = DigestingStream(
            try PeekedStream(stored).decompressed(subject), limit: limits.layerBytes, subject: subject)
        var unpacker = try LayerUnpacker(making: path, limits: limits, subject: subject)
        try unpacker.unpack(content)
        let found = try content.finish()
        let foundStored = try stored.finish()
        if let size = layer.size, size != stored.count {
            throw ImageError(source.path, label, .size(expected: size, found: stored.count))
        }
        if let digest = layer.digest, digest != foundStored {
            throw ImageError(source.path, label, .digest(expected: digest, found: foundStored))
        }
        guard found == layer.content else {
            throw ImageError(source.path, label, .digest(expected: layer.content, found: found))
        }
        try unpacker.synchronize()
        return unpacker.bytes
    }
}
