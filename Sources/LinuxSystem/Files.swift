internal import CLinux

/// Operations on whole files named by a path.
///
/// Reads are limited: what comes from outside may be of any size.
public enum Files {
    /// The content; EFBIG when it is longer than `limit` bytes.
    @inline(never)
    public static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor.open(path, O_RDONLY | O_NOCTTY)
        return try file.readAll(limit: limit, subject: path)
    }

    /// The content of a file as it is inside the root `root`, whatever links lead there.
    public static func readInside(_ root: String, _ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let top = try OwnedDescriptor.directory(root)
        let found = unsafe hw_open_inside(top.rawValue, path, UInt64(O_PATH))
        if found < 0 { throw .last("open", root + path) }
        let place = OwnedDescriptor(owning: found)
        // Not opened before it is known to be a file: a device acts when it is.
        guard try place.status().kind == .regular else { throw SystemError("open", root + path, .invalidArgument) }
        let file = try OwnedDescriptor.open("/proc/self/fd/\(place.rawValue)", O_RDONLY)
        return try file.readAll(limit: limit, subject: path)
    }

    /// The content, or nil when there is no such file.
    @inline(never)
    public static func readIfPresent(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try read(path, limit: limit)
        } catch {
            if error.errno == .noEntry || error.errno == .notDirectory { return nil }
            throw error
        }
    }

    /// Writes into an existing file in place: for /proc and /sys.
    @inline(never)
    public static func write(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_NOCTTY)
        try file.writeAll(bytes, subject: path)
    }

    /// Replaces a file as a whole: readers see the old content or the new.
    ///
    /// `durable` survives a loss of power too.
    @inline(never)
    public static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32, durable: Bool = false)
        throws(SystemError)
    {
        let (parent, name) = split(path)
        let directory = try Directory.open(parent)
        try directory.replace(name, bytes, mode: mode, durable: durable)
    }

    /// Removes a file or a symbolic link; false when it was absent.
    @discardableResult
    @inline(never)
    public static func remove(_ path: String) throws(SystemError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        let error = SystemError.last("unlink", path)
        if error.errno == .noEntry || error.errno == .notDirectory { return false }
        throw error
    }

    /// Removes an empty directory; false when it was absent.
    @discardableResult
    @inline(never)
    public static func removeDirectory(_ path: String) throws(SystemError) -> Bool {
        if unsafe rmdir(path) == 0 { return true }
        let error = SystemError.last("rmdir", path)
        if error.errno == .noEntry { return false }
        throw error
    }

    /// Makes a directory and those above it that are missing.
    @inline(never)
    public static func makeDirectories(_ path: String, mode: UInt32) throws(SystemError) {
        if unsafe mkdir(path, mode) == 0 { return }
        let error = SystemError.last("mkdir", path)
        if error.errno == .exists { return }
        guard error.errno == .noEntry, !path.isEmpty else { throw error }
        let parent = split(path).parent
        if parent == path { throw error }
        try makeDirectories(parent, mode: mode)
        if unsafe mkdir(path, mode) != 0 {
            let second = SystemError.last("mkdir", path)
            if second.errno != .exists { throw second }
        }
    }

    /// What the path leads to, a symbolic link at its end followed or not; nil when it leads nowhere.
    @inline(never)
    public static func status(_ path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus? {
        var result = stat()
        let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
        if unsafe fstatat(AT_FDCWD, path, &result, flags) == 0 { return FileStatus(result) }
        let error = SystemError.last("stat", path)
        if error.errno == .noEntry || error.errno == .notDirectory { return nil }
        throw error
    }

    /// Whether the path leads to anything.
    @inline(never)
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether the path leads to a file that this process may execute.
    @inline(never)
    public static func isExecutableFile(_ path: String) -> Bool {
        var result = stat()
        guard unsafe stat(path, &result) == 0 else { return false }
        return unsafe clinux_is_regular(result.st_mode) != 0 && access(path, X_OK) == 0
    }

    /// The names in a directory, sorted, without "." and "..".
    @inline(never)
    public static func list(_ path: String, limit: Int = 1_000_000) throws(SystemError) -> [String] {
        let directory = try Directory.open(path)
        return try directory.names(limit: limit).sorted()
    }

    /// Where a symbolic link points.
    @inline(never)
    public static func readLink(_ path: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe clinux_readlink(path, bytes.baseAddress, bytes.count)
        }
        if count < 0 { throw .last("readlink", path) }
        return String(decoding: buffer[0..<count], as: UTF8.self)
    }

    /// The absolute path without symbolic links.
    @inline(never)
    public static func realPath(_ path: String) throws(SystemError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw .last("realpath", path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The part before the last "/", and the part after it.
    @inline(never)
    public static func split(_ path: String) -> (parent: String, name: String) {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let parent = slash == 0 ? "/" : String(decoding: bytes[0..<slash], as: UTF8.self)
        return (parent, String(decoding: bytes[(slash + 1)...], as: UTF8.self))
    }
}
