internal import CLinux

/// How a layer of an overlay says what lower layers have no longer.
extension TreeBuilder {
    /// Hides an entry of the layers below: a character device 0/0 (Documentation/filesystems/overlayfs.rst).
    ///
    /// A file that this layer has under the name stays, and hides as well; a directory of this layer becomes opaque.
    public mutating func hide(_ path: TreePath) throws(SystemError) {
        let place = try place(path)
        guard let standing = standing(place) else {
            if unsafe hw_make_node(place.directory, place.name, CInt(HW_NODE_CHARACTER), 0, 0) != 0 {
                throw .last("mknodat", path.description)
            }
            return
        }
        if standing.isDirectory { try setOpaque(try openEntry(place, path, O_RDONLY | O_DIRECTORY), path) }
    }

    /// Hides everything that the layers below have in a directory, which is made when missing.
    public mutating func hideContent(of path: TreePath) throws(SystemError) {
        if path.components.isEmpty { return try setOpaque(try root.duplicate(), path) }
        let place = try place(path)
        if standing(place) == nil { try makeImplied(place, path) }
        try setOpaque(try openEntry(place, path, O_RDONLY | O_DIRECTORY), path)
    }

    borrowing func setOpaque(_ directory: borrowing OwnedDescriptor, _ path: TreePath) throws(SystemError) {
        if unsafe fsetxattr(directory.rawValue, "trusted.overlay.opaque", "y", 1, 0) != 0 {
            throw .last("fsetxattr", "\(path): trusted.overlay.opaque")
        }
    }

    /// Sets a directory's time again, after entries were made in it; one that is no longer there is left alone.
    public borrowing func restoreTimes(of path: TreePath, _ attributes: TreeAttributes) throws(SystemError) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let number = unsafe hw_openat2(root.rawValue, path.text, flags, 0, Self.inside | UInt64(HW_RESOLVE_NO_LINKS))
        if number < 0 {
            let error = SystemError.last("openat2", path.description)
            if [.noEntry, .notDirectory, .symbolicLink].contains(error.errno) { return }
            throw error
        }
        let directory = OwnedDescriptor(owning: number)
        if unsafe futimens(directory.rawValue, attributes.times) != 0 { throw .last("futimens", path.description) }
    }

    /// Writes everything of the tree's file system to disk.
    public borrowing func synchronize() throws(SystemError) {
        if syncfs(root.rawValue) != 0 { throw .last("syncfs", path) }
    }
}

extension Directory {
    /// Opens an existing file or directory below this one for reading; nil when there is nothing.
    ///
    /// Links are followed as if this directory were the root.
    public borrowing func openInside(_ path: TreePath) throws(SystemError) -> OwnedDescriptor? {
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let number = unsafe hw_openat2(
            descriptor.rawValue, path.text, flags, 0, UInt64(HW_RESOLVE_IN_ROOT | HW_RESOLVE_NO_MAGIC_LINKS))
        if number >= 0 { return OwnedDescriptor(owning: number) }
        let error = SystemError.last("openat2", "\(self.path)/\(path)")
        if error.errno == .noEntry || error.errno == .notDirectory { return nil }
        throw error
    }
}

extension OwnedDescriptor {
    /// What the open file is.
    public borrowing func status() throws(SystemError) -> FileStatus {
        var result = stat()
        if unsafe fstat(rawValue, &result) != 0 { throw .last("fstat") }
        return FileStatus(result)
    }

    /// Reads up to the buffer's size at an offset; 0 at the end.
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError)
        -> Int
    {
        let got = retrying { unsafe pread(rawValue, buffer.baseAddress, buffer.count, off_t(offset)) }
        if got >= 0 { return got }
        // Not a file: its bytes come in their order.
        guard Errno.current == .illegalSeek else { throw .last("pread") }
        let next = retrying { unsafe CLinux.read(rawValue, buffer.baseAddress, buffer.count) }
        if next < 0 { throw .last("read") }
        return next
    }

    /// Writes all of it at an offset.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let count = retrying {
                unsafe pwrite(
                    rawValue, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent,
                    off_t(offset) + off_t(sent))
            }
            if count < 0 { throw .last("pwrite") }
            sent += count
        }
    }

    /// Makes a file without a name, which goes when it is closed.
    public static func unnamed(in directory: String, mode: UInt32) throws(SystemError) -> OwnedDescriptor {
        try open(directory, O_RDWR | CInt(CLINUX_O_TMPFILE), mode: mode)
    }
}
