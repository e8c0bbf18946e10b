internal import CLinux

/// An open directory.
///
/// Names are single path components; no symbolic link inside it is followed.
public struct Directory: ~Copyable, Sendable {
    let descriptor: OwnedDescriptor
    /// The path it was opened by, for messages.
    public let path: String

    init(_ descriptor: consuming OwnedDescriptor, path: String) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens a directory; with `mode` it is made first when missing, with those above it.
    @inline(never)
    public static func open(_ path: String, creating mode: UInt32? = nil) throws(SystemError) -> Directory {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        var number = unsafe clinux_open(path, flags, 0)
        if number < 0, Errno.current == .noEntry, let mode {
            try Files.makeDirectories(path, mode: mode)
            number = unsafe clinux_open(path, flags, 0)
        }
        if number < 0 { throw .last("open", path) }
        return Directory(OwnedDescriptor(owning: number), path: path)
    }

    @inline(never)
    private func subject(_ name: String) -> String { "\(path)/\(name)" }

    private borrowing func openEntry(_ name: String, _ flags: CInt, mode: UInt32 = 0) throws(SystemError)
        -> OwnedDescriptor
    {
        let number = unsafe clinux_openat(descriptor.rawValue, name, flags | O_CLOEXEC | O_NOFOLLOW, mode)
        if number < 0 { throw .last("openat", subject(name)) }
        return OwnedDescriptor(owning: number)
    }

    /// The directory's own status; its `modified` changes whenever a name is added or removed.
    @inline(never)
    public borrowing func status() throws(SystemError) -> FileStatus {
        var result = stat()
        if unsafe fstat(descriptor.rawValue, &result) != 0 { throw .last("fstat", path) }
        return FileStatus(result)
    }

    /// What stands under a name; nil when nothing does.
    @inline(never)
    public borrowing func status(of name: String) throws(SystemError) -> FileStatus? {
        var result = stat()
        if unsafe fstatat(descriptor.rawValue, name, &result, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(result) }
        let error = SystemError.last("fstatat", subject(name))
        if error.errno == .noEntry { return nil }
        throw error
    }

    /// The content of a regular file; nil when there is none of that name.
    ///
    /// A symbolic link is ELOOP.
    @inline(never)
    public borrowing func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let number = unsafe clinux_openat(descriptor.rawValue, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
        if number < 0 {
            let error = SystemError.last("openat", subject(name))
            if error.errno == .noEntry { return nil }
            throw error
        }
        let file = OwnedDescriptor(owning: number)
        return try file.readAll(limit: limit, subject: subject(name), sizeHint: 255)
    }

    /// Makes a file that is complete or not there at all; false when the name is taken.
    ///
    /// An unnamed file is written and then linked; where the file system has none, a temporary name is renamed.
    @inline(never)
    public borrowing func createExclusive(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(SystemError) -> Bool {
        let number = unsafe clinux_openat(descriptor.rawValue, ".", O_WRONLY | O_CLOEXEC | CInt(CLINUX_O_TMPFILE), mode)
        guard number >= 0 else { return try renameIntoPlace(name, bytes, mode: mode) }
        let file = OwnedDescriptor(owning: number)
        try file.writeAll(bytes, subject: subject(name))
        if unsafe linkat(file.rawValue, "", descriptor.rawValue, name, CInt(CLINUX_AT_EMPTY_PATH)) == 0 { return true }
        let error = SystemError.last("linkat", subject(name))
        if error.errno == .exists { return false }
        if error.errno == .noEntry || error.errno == .notPermitted || error.errno == .notSupported {
            return try renameIntoPlace(name, bytes, mode: mode)
        }
        throw error
    }

    private borrowing func renameIntoPlace(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(SystemError) -> Bool {
        let temporary = try writeTemporary(bytes, mode: mode, durable: false)
        let own = descriptor.rawValue
        if unsafe clinux_renameat2(own, temporary, own, name, UInt32(CLINUX_RENAME_NOREPLACE)) == 0 { return true }
        let error = SystemError.last("renameat2", subject(name))
        _ = unsafe unlinkat(own, temporary, 0)
        if error.errno == .exists { return false }
        throw error
    }

    private borrowing func writeTemporary(_ bytes: [UInt8], mode: UInt32, durable: Bool) throws(SystemError) -> String {
        let temporary = ".hawser-\(String(Random.uint64(), radix: 16))"
        let file = try openEntry(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        do throws(SystemError) {
            try file.writeAll(bytes, subject: subject(temporary))
            if durable, fsync(file.rawValue) != 0 { throw .last("fsync", subject(temporary)) }
        } catch {
            _ = unsafe unlinkat(descriptor.rawValue, temporary, 0)
            throw error
        }
        return temporary
    }

    /// Replaces a file as a whole by a rename.
    ///
    /// `durable` survives a loss of power too.
    @inline(never)
    public borrowing func replace(_ name: String, _ bytes: [UInt8], mode: UInt32, durable: Bool = false)
        throws(SystemError)
    {
        let temporary = try writeTemporary(bytes, mode: mode, durable: durable)
        if unsafe renameat(descriptor.rawValue, temporary, descriptor.rawValue, name) != 0 {
            let error = SystemError.last("renameat", subject(name))
            _ = unsafe unlinkat(descriptor.rawValue, temporary, 0)
            throw error
        }
        if durable, fsync(descriptor.rawValue) != 0 { throw .last("fsync", path) }
    }

    /// Writes over a file in place and cuts it to length, making it when missing.
    ///
    /// Not atomic: for content that a reader may find half-written without harm. (A rename over an existing name starts
    /// write-back on ext4: 300 µs.)
    @inline(never)
    public borrowing func overwrite(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(SystemError) {
        let file = try openEntry(name, O_WRONLY | O_CREAT, mode: mode)
        try file.writeAll(bytes, subject: subject(name))
        if ftruncate(file.rawValue, off_t(bytes.count)) != 0 { throw .last("ftruncate", subject(name)) }
    }

    /// Removes a name; false when it was absent.
    @discardableResult
    @inline(never)
    public borrowing func remove(_ name: String) throws(SystemError) -> Bool {
        if unsafe unlinkat(descriptor.rawValue, name, 0) == 0 { return true }
        let error = SystemError.last("unlinkat", subject(name))
        if error.errno == .noEntry { return false }
        throw error
    }

    /// The names in it, in the file system's order, without "." and ".."; EFBIG past `limit` of them.
    @inline(never)
    public borrowing func names(limit: Int) throws(SystemError) -> [String] {
        if lseek(descriptor.rawValue, 0, SEEK_SET) < 0 { throw .last("lseek", path) }
        var found: [String] = []
        var buffer = [UInt8](repeating: 0, count: 32768)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe clinux_getdents64(descriptor.rawValue, bytes.baseAddress, bytes.count)
            }
            if count < 0 { throw .last("getdents64", path) }
            if count == 0 { return found }
            var offset = 0
            // struct linux_dirent64: ino (8), off (8), record length (2), type (1), NUL-terminated name.
            while offset + 19 <= count {
                let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
                let end = min(offset + length, count)
                guard length > 19 else { break }
                let name = buffer[(offset + 19)..<end].prefix { $0 != 0 }
                offset = end
                if name.count == 1 && name.first == 0x2e || name.count == 2 && name.allSatisfy({ $0 == 0x2e }) {
                    continue
                }
                if found.count == limit {
                    throw SystemError("getdents64", path, .fileTooLarge, explanation: "more than \(limit) names")
                }
                found.append(String(decoding: name, as: UTF8.self))
            }
        }
    }
}
