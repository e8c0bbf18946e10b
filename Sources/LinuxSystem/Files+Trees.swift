internal import CLinux

extension Files {
    /// Removes a file, or a directory with everything in it; content that is mounted elsewhere stays.
    public static func removeTree(_ path: String) throws(SystemError) {
        let result = unsafe hw_remove_tree(path)
        if result < 0 { throw SystemError("remove", path, Errno(rawValue: -result)) }
    }

    /// The bytes of all files in a directory and below it; links are not followed, and nothing is 0.
    public static func treeSize(_ path: String) throws(SystemError) -> Int64 {
        guard let status = try status(path, followingLinks: false) else { return 0 }
        guard status.kind == .directory else { return status.kind == .regular ? status.size : 0 }
        var total: Int64 = 0
        for name in try list(path) { total += try treeSize("\(path)/\(name)") }
        return total
    }

    /// Takes away what is mounted at a path, also while somebody uses it; nothing happens where nothing is.
    public static func unmount(_ path: String) throws(SystemError) {
        if unsafe umount2(path, CInt(MNT_DETACH) | CInt(UMOUNT_NOFOLLOW)) == 0 { return }
        let error = SystemError.last("umount2", path)
        if error.errno != .invalidArgument, error.errno != .noEntry { throw error }
    }

    /// Makes one directory; false when the name is taken.
    public static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) -> Bool {
        if unsafe mkdir(path, mode) == 0 { return true }
        let error = SystemError.last("mkdir", path)
        if error.errno == .exists { return false }
        throw error
    }

    /// Gives a file or directory another name on its file system, in place of a file that has it.
    public static func rename(_ path: String, to other: String) throws(SystemError) {
        if unsafe CLinux.rename(path, other) != 0 { throw .last("rename", "\(path) to \(other)") }
    }

    /// What kind of file system holds a path.
    public static func fileSystem(of path: String) throws(SystemError) -> FileSystemKind {
        let descriptor = try OwnedDescriptor.open(path, O_PATH)
        return FileSystemKind(magic: clinux_file_system_magic(descriptor.rawValue))
    }
}

/// A file system, by the number that statfs(2) answers.
public struct FileSystemKind: Hashable, Sendable {
    /// The kernel's number.
    public let magic: UInt

    /// An overlay: it can carry no upper layer, and one more may be stacked on it.
    public var isOverlay: Bool { magic == 0x794c_7630 }

    /// Whether it is known to carry an overlay's upper layer: ext, XFS, Btrfs, F2FS, tmpfs, bcachefs.
    public var carriesUpperLayer: Bool {
        [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994, 0xCA45_1A4E].contains(magic)
    }

    /// Whether it is version 2 of control groups.
    public var isControlGroup2: Bool { magic == 0x6367_7270 }
}
