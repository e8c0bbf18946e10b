internal import CLinux

/// Tells when a file of a directory has been written to, put there or removed: inotify(7).
public struct FileChanges: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// Watches a directory.
    public static func open(_ directory: String) throws(SystemError) -> FileChanges {
        let number = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
        if number < 0 { throw .last("inotify_init1") }
        let descriptor = OwnedDescriptor(owning: number)
        let changes = UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        if unsafe inotify_add_watch(number, directory, changes) < 0 { throw .last("inotify_add_watch", directory) }
        return FileChanges(descriptor: descriptor)
    }

    /// Waits for a change since the last wait; at most this long.
    public borrowing func wait(milliseconds: Int) throws(SystemError) {
        guard try Poll.wait(for: [descriptor.rawValue], milliseconds: milliseconds)[0] else { return }
        var events = [UInt8](repeating: 0, count: 4096)
        _ = try descriptor.readSome(into: &events)
    }
}
