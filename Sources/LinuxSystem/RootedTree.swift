internal import CLinux

/// A directory tree whose paths are resolved as a process would resolve them whose root it is: neither ".." nor a link
/// leads out of it (openat2(2), RESOLVE_IN_ROOT).
public struct RootedTree: ~Copyable, Sendable {
    private let root: OwnedDescriptor
    /// What it is called in messages.
    public let name: String

    private static let inside = UInt64(HW_RESOLVE_IN_ROOT | HW_RESOLVE_NO_MAGIC_LINKS)

    /// The tree below a path, as "/" or "/proc/7/root".
    public static func open(_ path: String, name: String) throws(SystemError) -> RootedTree {
        RootedTree(root: try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY), name: name)
    }

    private init(root: consuming OwnedDescriptor, name: String) {
        self.root = root
        self.name = name
    }

    /// What stands at a path, and whether it is a directory.
    public struct Place: ~Copyable, Sendable {
        fileprivate let directory: OwnedDescriptor
        fileprivate let entry: String?
    }

    private borrowing func openInside(_ path: String, _ flags: CInt) throws(SystemError) -> OwnedDescriptor? {
        let number = unsafe hw_openat2(root.rawValue, path, flags | O_CLOEXEC, 0, Self.inside)
        if number >= 0 { return OwnedDescriptor(owning: number) }
        let error = SystemError.last("open", name + path)
        if error.errno == .noEntry { return nil }
        throw error
    }

    /// What a path leads to, a link at its end followed or not; nil when it leads nowhere.
    public borrowing func kind(_ path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus.Kind? {
        guard let found = try openInside(path, O_PATH | (followingLinks ? 0 : O_NOFOLLOW)) else { return nil }
        var status = stat()
        if unsafe fstat(found.rawValue, &status) != 0 { throw .last("fstat", name + path) }
        return FileStatus(status).kind
    }

    /// The inside of a directory.
    public borrowing func contents(_ path: String) throws(SystemError) -> Place {
        guard let found = try openInside(path, O_RDONLY | O_DIRECTORY) else {
            throw SystemError("open", name + path, .noEntry)
        }
        return Place(directory: found, entry: nil)
    }

    /// An entry of a directory, whether or not there is one.
    public borrowing func entry(_ entry: String, of path: String) throws(SystemError) -> Place {
        guard let found = try openInside(path, O_RDONLY | O_DIRECTORY) else {
            throw SystemError("open", name + path, .noEntry)
        }
        return Place(directory: found, entry: entry)
    }

    /// What a copy took with it.
    public struct Copied: Hashable, Sendable {
        /// Bytes of files.
        public let bytes: Int64
        /// Files and links.
        public let files: Int64
        /// Devices, sockets, pipes and file systems of the kernel, which are not copied.
        public let leftOut: Int64
    }

    /// Whose the copies are.
    public enum Owner: Hashable, Sendable {
        /// Whose the originals are; set-id bits are kept as well.
        case kept
        /// One user's and group's.
        case given(user: UInt32, group: UInt32)
    }

    /// Copies an entry to an entry, or contents into contents; what stands in the way is replaced, directories are joined.
    public static func copy(_ from: borrowing Place, to: borrowing Place, owner: Owner) throws(SystemError) -> Copied {
        var copy = hw_copy()
        if case .given(let user, let group) = owner {
            copy.uid = user
            copy.gid = group
        } else {
            copy.keeps_owner = true
        }
        let result =
            if let name = from.entry, let newName = to.entry {
                unsafe hw_copy_entry(&copy, from.directory.rawValue, name, to.directory.rawValue, newName)
            } else {
                unsafe hw_copy_contents(&copy, from.directory.rawValue, to.directory.rawValue)
            }
        if result < 0 {
            let subject = unsafe withUnsafeBytes(of: &copy.failed) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw SystemError("copy", subject, Errno(rawValue: -result))
        }
        return Copied(bytes: copy.bytes, files: copy.files, leftOut: copy.left_out)
    }
}

extension RootedTree {
    /// Makes a directory in one that is there; content when there is one already.
    public borrowing func makeDirectory(_ path: String, owner: Owner) throws(SystemError) {
        if try kind(path) == .directory { return }
        let (parent, entry) = Files.split(path)
        let place = try self.entry(entry, of: parent)
        if unsafe mkdirat(place.directory.rawValue, entry, 0o755) != 0 { throw .last("mkdir", name + path) }
        guard case .given(let user, let group) = owner else { return }
        if unsafe fchownat(place.directory.rawValue, entry, user, group, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last("chown", name + path)
        }
    }

    /// The entry that a path leads to, links at its end followed; a link that leads through another directory is read
    /// step by step.
    public borrowing func resolved(_ path: String) throws(SystemError) -> Place {
        var path = path
        for _ in 0..<40 {  // links: the kernel's own limit
            let (parent, entry) = Files.split(path)
            let place = try self.entry(entry, of: parent)
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = unsafe target.withUnsafeMutableBytes { bytes in
                unsafe clinux_readlinkat(place.directory.rawValue, entry, bytes.baseAddress, bytes.count)
            }
            if count < 0 { return place }
            let link = String(decoding: target[0..<count], as: UTF8.self)
            path = link.hasPrefix("/") ? link : parent + "/" + link
        }
        throw SystemError("open", name + path, .symbolicLink)
    }
}
