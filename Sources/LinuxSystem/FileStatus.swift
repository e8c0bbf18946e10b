internal import CLinux

/// What stat(2) says of a file.
public struct FileStatus: Hashable, Sendable {
    /// What a file is.
    public enum Kind: Hashable, Sendable {
        case regular, directory, symbolicLink, other
    }

    /// The device that holds it.
    public let device: UInt64
    /// Its number there.
    public let inode: UInt64
    /// What it is.
    public let kind: Kind
    /// The permission bits, 0o7777 at most.
    public let permissions: UInt32
    /// Owner's user id.
    public let user: UInt32
    /// Bytes.
    public let size: Int64
    /// Time of the last change of the content, in nanoseconds since 1970.
    public let modified: Int64
    /// Time of the last change of content or status, in nanoseconds since 1970.
    public let changed: Int64

    private let node: UInt64
    private let format: UInt32

    /// The device that it stands for; nil for other files.
    public var represented: DeviceNumber? {
        switch format {
        case 0o060000: DeviceNumber(isBlock: true, number: node)  // S_IFBLK
        case 0o020000: DeviceNumber(isBlock: false, number: node)  // S_IFCHR
        default: nil
        }
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        let mode = status.st_mode
        kind =
            clinux_is_regular(mode) != 0
            ? .regular
            : clinux_is_directory(mode) != 0
                ? .directory : clinux_is_symbolic_link(mode) != 0 ? .symbolicLink : .other
        permissions = mode & 0o7777
        user = status.st_uid
        size = Int64(status.st_size)
        node = UInt64(status.st_rdev)
        format = mode & 0o170000  // S_IFMT
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
    }
}
