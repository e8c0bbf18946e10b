internal import CLibarchive
internal import LinuxSystem

/// What an archive says of one file, taken out of libarchive's hands.
struct ArchiveEntry {
    /// What the file is.
    enum Kind: Hashable {
        case regular
        case directory
        case link(content: [UInt8])
        case hardLink(target: [UInt8])
        case node(TreeBuilder.Node)
        /// Something that has no meaning in an image, as a socket.
        case other
    }

    /// Its path as it is written.
    let path: [UInt8]
    let kind: Kind
    /// Bytes, holes included, as it is written.
    let size: Int64
    let attributes: TreeAttributes

    /// Its path for messages.
    var name: String { String(decoding: path, as: UTF8.self) }

    init(_ entry: OpaquePointer, subject: String) throws(ImageError) {
        let name = unsafe Self.bytes(archive_entry_pathname(entry))
        path = name
        func refuse(_ what: String) -> ImageError {
            ImageError(subject, String(decoding: name, as: UTF8.self), .malformed(what))
        }
        guard !name.isEmpty else { throw ImageError(subject, .malformed("an entry has no name")) }
        guard let user = unsafe UInt32(exactly: archive_entry_uid(entry)),
            let group = unsafe UInt32(exactly: archive_entry_gid(entry)), user != .max, group != .max
        else { throw refuse("its owner's number is impossible") }
        size = unsafe archive_entry_size(entry)
        guard size >= 0 else { throw refuse("its size is negative") }
        attributes = unsafe TreeAttributes(
            user: user, group: group, permissions: archive_entry_perm(entry),
            seconds: Int64(archive_entry_mtime(entry)),
            nanoseconds: Int64(archive_entry_mtime_nsec(entry)), extended: Self.extended(entry))
        let (major, minor) = unsafe (
            UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
            UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
        )
        if let target = unsafe archive_entry_hardlink(entry) {
            kind = unsafe .hardLink(target: Self.bytes(target))
            return
        }
        switch unsafe UInt32(archive_entry_filetype(entry)) {
        case 0o100000: kind = .regular
        case 0o040000: kind = .directory
        case 0o120000: kind = unsafe .link(content: Self.bytes(archive_entry_symlink(entry)))
        case 0o010000: kind = .node(.fifo)
        case 0o020000: kind = .node(.characterDevice(major: major, minor: minor))
        case 0o060000: kind = .node(.blockDevice(major: major, minor: minor))
        default: kind = .other
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
        guard let text = unsafe text else { return [] }
        var bytes: [UInt8] = []
        var index = 0
        while unsafe text[index] != 0 {
            unsafe bytes.append(UInt8(bitPattern: text[index]))
            index += 1
        }
        return bytes
    }

    private static func extended(_ entry: OpaquePointer) -> [TreeAttributes.Extended] {
        var found: [TreeAttributes.Extended] = []
        unsafe archive_entry_xattr_reset(entry)
        while true {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard unsafe archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK else { return found }
            let content = unsafe Array(UnsafeRawBufferPointer(start: value, count: size))
            found.append(
                TreeAttributes.Extended(name: String(decoding: unsafe bytes(name), as: UTF8.self), value: content))
        }
    }
}
