internal import LinuxSystem

/// Where an image's files are: a directory, or a tar archive of the same files.
protocol ImageSource: AnyObject {
    /// Its path, for messages.
    var path: String { get }
    /// The bytes of a file; nil when there is none of this name.
    func open(_ name: String) throws(ImageError) -> (any ByteStream)?
}

extension ImageSource {
    /// A document of at most the limit's bytes; nil when there is none of this name.
    func document(_ name: String, _ limits: ImageLimits) throws(ImageError) -> [UInt8]? {
        try open(name)?.readAll(limit: limits.documentBytes, of: "\(path): \(name)")
    }

    /// A document that a descriptor refers to, if it is what the descriptor says.
    func document(_ descriptor: Descriptor, _ limits: ImageLimits) throws(ImageError) -> [UInt8] {
        guard let bytes = try document(descriptor.path, limits) else {
            throw ImageError(path, descriptor.path, .missing)
        }
        guard Int64(bytes.count) == descriptor.size else {
            throw ImageError(path, descriptor.path, .size(expected: descriptor.size, found: Int64(bytes.count)))
        }
        let found = ImageDigest(of: bytes)
        guard found == descriptor.digest else {
            throw ImageError(path, descriptor.path, .digest(expected: descriptor.digest, found: found))
        }
        return bytes
    }
}

/// A directory with an image's files; links in it are followed inside it only.
final class DirectorySource: ImageSource {
    let path: String
    private let directory: Directory

    init(_ path: String) throws(ImageError) {
        self.path = path
        do throws(SystemError) { directory = try Directory.open(path) } catch {
            throw ImageError(path, .system(error))
        }
    }

    func open(_ name: String) throws(ImageError) -> (any ByteStream)? {
        guard let file = TreePath(Array(name.utf8)) else {
            throw ImageError(path, .path("the path \"\(name)\" leads out of it"))
        }
        guard let descriptor = try onImage(path, name, { () throws(SystemError) in try directory.openInside(file) })
        else { return nil }
        let status = try onImage(path, name) { () throws(SystemError) in try descriptor.status() }
        guard status.kind == .regular else { throw ImageError(path, name, .malformed("it is not a regular file")) }
        return FileStream(SharedFile(descriptor, path: "\(path)/\(name)"))
    }
}

/// A tar archive with an image's files, plain or compressed.
///
/// It is read once for the names of its members, and again up to a member when that is opened; nothing of it is unpacked.
final class ArchiveSource: ImageSource {
    let path: String
    private let file: SharedFile
    private var members: [String: Member] = [:]

    private enum Member {
        /// Its place among the archive's entries.
        case file(Int)
        /// Another name: docker save writes a layer once, and links to it.
        case link(String)
    }

    private static let linkLimit = 16  // links on the way to a member; docker makes one

    /// Opens an archive; `spool` makes the file that a compressed one is unpacked into.
    init(
        _ path: String, _ opened: SharedFile, _ limits: ImageLimits,
        spool: () throws(ImageError) -> SharedFile
    ) throws(ImageError) {
        self.path = path
        let stream = try PeekedStream(FileStream(opened))
        if try stream.compression(of: path) == nil {
            file = opened
        } else {
            file = try spool()
            try stream.decompressed(path).write(to: file, limit: limits.layerBytes, subject: path)
        }
        try scan(limits)
    }

    private func scan(_ limits: ImageLimits) throws(ImageError) {
        let (archive, first) = try begin()
        var next = first
        var position = 0
        while let entry = next {
            guard position < limits.entries else {
                throw ImageError(path, .tooLarge("more than \(limits.entries) files"))
            }
            // A name that leads out is not kept: nothing can refer to it.
            if let name = TreePath(entry.path) {
                switch entry.kind {
                case .regular: members[name.description] = .file(position)
                case .hardLink(let target):
                    if let target = TreePath(target) { members[name.description] = .link(target.description) }
                case .link(let content): members[name.description] = Self.link(at: name, content).map { .link($0) }
                case .directory, .node, .other: break
                }
            }
            position += 1
            next = try archive.nextEntry()
        }
        if members.isEmpty { throw ImageError(path, .notAnImage("it is no tar archive, or an empty one")) }
    }

    /// Opens the archive and reads its first entry: bytes that do not even begin as an archive are no image.
    private func begin() throws(ImageError) -> (ArchiveReader, ArchiveEntry?) {
        do throws(ImageError) {
            let archive = try ArchiveReader(FileStream(file), .tar, subject: path)
            return (archive, try archive.nextEntry())
        } catch {
            guard case .malformed(let why) = error.reason else { throw error }
            throw ImageError(path, .notAnImage(why))
        }
    }

    /// Where a link in the archive leads, by its text alone; nil when it leads out.
    private static func link(at name: TreePath, _ content: [UInt8]) -> String? {
        var components = content.first == 0x2f ? [] : name.parent.components
        for part in content.split(separator: 0x2f) where part != [0x2e] {
            if part == [0x2e, 0x2e] {
                guard components.popLast() != nil else { return nil }
            } else {
                components.append(Array(part))
            }
        }
        return String(decoding: Array(components.joined(separator: [0x2f])), as: UTF8.self)
    }

    func open(_ name: String) throws(ImageError) -> (any ByteStream)? {
        guard var found = TreePath(Array(name.utf8))?.description else {
            throw ImageError(path, .path("the path \"\(name)\" leads out of it"))
        }
        for _ in 0..<Self.linkLimit {
            switch members[found] {
            case nil: return nil
            case .link(let target): found = target
            case .file(let position):
                let archive = try ArchiveReader(FileStream(file), .tar, subject: path)
                for _ in 0...position {
                    guard try archive.nextEntry() != nil else { throw ImageError(path, found, .missing) }
                }
                return EntryStream(currentEntryOf: archive)
            }
        }
        throw ImageError(path, name, .malformed("too many links lead to each other"))
    }
}
