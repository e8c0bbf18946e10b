internal import LinuxSystem

/// Makes a directory of a layer: a tar archive whose whiteouts become those of overlayfs.
struct LayerUnpacker: ~Copyable {
    private var tree: TreeBuilder
    private let limits: ImageLimits
    private let subject: String
    /// Directories, whose times are set when nothing more is made in them.
    private var directories: [(path: TreePath, attributes: TreeAttributes)] = []
    private var entries = 0
    /// Bytes of its files.
    private(set) var bytes: Int64 = 0

    /// What is said of the layer: OCI image-spec, layer.md, "Whiteouts".
    private static let whiteout = Array(".wh.".utf8)
    private static let opaque = Array(".wh..wh..opq".utf8)
    private static let reserved = Array(".wh..wh.".utf8)

    /// Makes the directory, which must not be there yet.
    init(making path: String, limits: ImageLimits, subject: String) throws(ImageError) {
        do throws(SystemError) {
            tree = try TreeBuilder(making: path)
        } catch {
            throw ImageError(subject, .system(error))
        }
        self.limits = limits
        self.subject = subject
    }

    /// Unpacks all of an uncompressed tar archive.
    mutating func unpack(_ stream: any ByteStream) throws(ImageError) {
        let archive = try ArchiveReader(stream, .tar, subject: subject)
        while let entry = try archive.nextEntry() {
            entries += 1
            guard entries <= limits.entries else {
                throw ImageError(subject, .tooLarge("more than \(limits.entries) entries"))
            }
            try unpack(entry, from: archive)
        }
        for directory in directories.reversed() {
            do throws(SystemError) {
                try tree.restoreTimes(of: directory.path, directory.attributes)
            } catch {
                throw ImageError(subject, directory.path.description, .system(error))
            }
        }
    }

    /// Writes it all to disk.
    func synchronize() throws(ImageError) {
        do throws(SystemError) {
            try tree.synchronize()
        } catch {
            throw ImageError(subject, .system(error))
        }
    }

    private func path(_ bytes: [UInt8], of entry: ArchiveEntry) throws(ImageError) -> TreePath {
        guard let path = TreePath(bytes) else {
            let text = String(decoding: bytes, as: UTF8.self)
            throw ImageError(
                subject, entry.name,
                .path("the path \"\(text)\" goes up by \"..\", or a name in it is longer than 255 bytes"))
        }
        return path
    }

    /// Changes the tree for an entry.
    private mutating func change<R: ~Copyable>(
        _ entry: ArchiveEntry, _ body: (inout TreeBuilder) throws(SystemError) -> R
    ) throws(ImageError) -> R {
        do throws(SystemError) {
            return try body(&tree)
        } catch {
            throw ImageError(subject, entry.name, .system(error))
        }
    }

    private mutating func unpack(_ entry: ArchiveEntry, from archive: ArchiveReader) throws(ImageError) {
        let path = try path(entry.path, of: entry)
        try check(entry)
        // What aufs kept for itself, its directories included.
        if path.components.contains(where: { $0 != Self.opaque && $0.starts(with: Self.reserved) }) { return }
        if let name = path.name, name.starts(with: Self.whiteout) { return try hide(entry, name, path) }
        if case .directory = entry.kind {
            try change(entry) { tree throws(SystemError) in try tree.makeDirectory(path, entry.attributes) }
            directories.append((path, entry.attributes))
            return
        }
        guard !path.components.isEmpty else {
            throw ImageError(subject, entry.name, .path("the layer's root is not a directory"))
        }
        switch entry.kind {
        case .directory: break
        case .regular: try write(entry, path, from: archive)
        case .link(let content):
            try change(entry) { tree throws(SystemError) in
                try tree.makeLink(path, content: content, entry.attributes)
            }
        case .hardLink(let target):
            let target = try self.path(target, of: entry)
            try change(entry) { tree throws(SystemError) in try tree.makeHardLink(path, to: target) }
        case .node(let node):
            try change(entry) { tree throws(SystemError) in try tree.makeNode(path, node, entry.attributes) }
        case .other: throw ImageError(subject, entry.name, .unsupported("it is of a kind that no image has"))
        }
    }

    private func check(_ entry: ArchiveEntry) throws(ImageError) {
        guard entry.size <= limits.fileBytes else {
            throw ImageError(
                subject, entry.name, .tooLarge("\(entry.size) bytes; at most \(limits.fileBytes) are allowed"))
        }
        for attribute in entry.attributes.extended {
            guard attribute.value.count <= limits.attributeBytes else {
                throw ImageError(subject, entry.name, .tooLarge("its attribute \(attribute.name)"))
            }
            // They would tell the overlay to look elsewhere: redirects, data of another file.
            if attribute.name.hasPrefix("trusted.overlay.") || attribute.name.hasPrefix("user.overlay.") {
                throw ImageError(
                    subject, entry.name, .unsupported("its attribute \(attribute.name) is the kernel's own"))
            }
        }
    }

    private mutating func hide(_ entry: ArchiveEntry, _ name: [UInt8], _ path: TreePath) throws(ImageError) {
        if name == Self.opaque {
            return try change(entry) { tree throws(SystemError) in try tree.hideContent(of: path.parent) }
        }
        guard let hidden = path.sibling(Array(name.dropFirst(Self.whiteout.count))) else {
            throw ImageError(subject, entry.name, .path("it hides nothing that could be there"))
        }
        try change(entry) { tree throws(SystemError) in try tree.hide(hidden) }
    }

    private mutating func write(_ entry: ArchiveEntry, _ path: TreePath, from archive: ArchiveReader)
        throws(ImageError)
    {
        let file = try change(entry) { tree throws(SystemError) in try tree.makeFile(path) }
        var total = bytes
        let (limits, subject) = (limits, subject)
        while unsafe try archive.nextPiece({ (piece, offset) throws(ImageError) in
            guard offset >= 0, offset <= entry.size, Int64(piece.count) <= entry.size - offset else {
                throw ImageError(subject, entry.name, .malformed("it has more bytes than its size says"))
            }
            total += Int64(piece.count)
            guard total <= limits.layerBytes else {
                throw ImageError(subject, .tooLarge("more than \(limits.layerBytes) bytes unpacked"))
            }
            try onImage(subject, entry.name) { () throws(SystemError) in unsafe try file.write(piece, at: offset) }
        }) {}
        bytes = total
        try change(entry) { tree throws(SystemError) in
            try tree.finish(file, path, length: entry.size, entry.attributes)
        }
    }
}
