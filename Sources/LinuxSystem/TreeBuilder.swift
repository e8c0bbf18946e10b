internal import CLinux

/// What a file is to be besides its content.
public struct TreeAttributes: Hashable, Sendable {
    /// One extended attribute.
    public struct Extended: Hashable, Sendable {
        /// As "security.capability".
        public let name: String
        /// Any bytes.
        public let value: [UInt8]

        /// A name and its value.
        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// The owner's number.
    public var user: UInt32
    /// The group's number.
    public var group: UInt32
    /// The permission bits, 0o7777 at most.
    public var permissions: UInt32
    /// Seconds since 1970 of the last change.
    public var seconds: Int64
    /// Nanoseconds in that second.
    public var nanoseconds: Int64
    /// What is kept beside it.
    public var extended: [Extended]

    /// All of them.
    public init(
        user: UInt32, group: UInt32, permissions: UInt32, seconds: Int64, nanoseconds: Int64 = 0,
        extended: [Extended] = []
    ) {
        self.user = user
        self.group = group
        self.permissions = permissions & 0o7777
        self.seconds = seconds
        self.nanoseconds = min(max(nanoseconds, 0), 999_999_999)
        self.extended = extended
    }

    var times: [timespec] {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
        return [time, time]
    }
}

/// A directory tree made of what a stranger wrote: whatever links it holds, nothing is made or changed outside it.
///
/// A path is resolved by the kernel with this directory as its root (openat2(2), RESOLVE_IN_ROOT), so that a link in the tree
/// leads to where it would lead inside. Nobody else may write into the tree meanwhile.
public struct TreeBuilder: ~Copyable, Sendable {
    let root: OwnedDescriptor
    /// The path it was made at, for messages.
    public let path: String
    /// The directory that was used last: archives list entries of a directory one after another.
    private var lastParent: (path: TreePath, descriptor: CInt)?

    static let inside = UInt64(HW_RESOLVE_IN_ROOT | HW_RESOLVE_NO_MAGIC_LINKS | HW_RESOLVE_NO_CROSSING)
    private static let impliedMode: mode_t = 0o755  // of directories that no entry describes: docker's

    /// Makes the tree's root; EEXIST when there is something.
    public init(making path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o700) != 0 { throw .last("mkdir", path) }
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        if fchmod(directory.rawValue, Self.impliedMode) != 0 { throw .last("fchmod", path) }
        root = directory
        self.path = path
    }

    deinit { if let lastParent { closeDescriptor(lastParent.descriptor) } }

    /// Where a path ends: the open directory, and the name in it.
    struct Place {
        let directory: CInt
        let name: [CChar]
    }

    private mutating func forgetParent() {
        if let lastParent { closeDescriptor(lastParent.descriptor) }
        lastParent = nil
    }

    /// Resolves everything but the last name, making directories that are missing.
    mutating func place(_ path: TreePath, making: Bool = true) throws(SystemError) -> Place {
        guard let name = path.name else { throw SystemError("open", path.description, .invalidArgument) }
        let parent = path.parent
        if lastParent?.path != parent {
            forgetParent()
            lastParent = (parent, try openDirectory(parent, making: making).release())
        }
        guard let lastParent else { throw SystemError("open", path.description, .badDescriptor) }
        return Place(directory: lastParent.descriptor, name: name.map { CChar(bitPattern: $0) } + [0])
    }

    private borrowing func open(_ path: TreePath, _ flags: CInt) -> CInt {
        unsafe hw_openat2(root.rawValue, path.text, flags | O_CLOEXEC, 0, Self.inside)
    }

    private borrowing func openDirectory(_ path: TreePath, making: Bool) throws(SystemError) -> OwnedDescriptor {
        let flags = CInt(O_PATH) | O_DIRECTORY
        var number = open(path, flags)
        if number < 0, making {
            for count in 1..<(path.components.count + 1) { try makeWhereMissing(path.prefix(count), flags) }
            number = open(path, flags)
        }
        if number < 0 { throw .last("openat2", path.description) }
        return OwnedDescriptor(owning: number)
    }

    /// Makes one directory of a path, in place of nothing or of a whiteout; what else stands there is left to fail.
    private borrowing func makeWhereMissing(_ path: TreePath, _ flags: CInt) throws(SystemError) {
        let there = open(path, flags)
        if there >= 0 { return closeDescriptor(there) }
        guard let name = path.name else { return }
        let above = OwnedDescriptor(owning: open(path.parent, flags))
        if above.rawValue < 0 { throw .last("openat2", path.parent.description) }
        let place = Place(directory: above.rawValue, name: name.map { CChar(bitPattern: $0) } + [0])
        let standing = standing(place)
        guard let standing else { return try makeImplied(place, path) }
        guard standing.isWhiteout else { return }
        if unsafe unlinkat(place.directory, place.name, 0) != 0 { throw .last("unlinkat", path.description) }
        try makeImplied(place, path)
        try setOpaque(try openEntry(place, path, O_RDONLY | O_DIRECTORY), path)
    }

    /// Makes a directory that no entry describes, whatever the umask is.
    borrowing func makeImplied(_ place: Place, _ path: TreePath) throws(SystemError) {
        if unsafe mkdirat(place.directory, place.name, 0o700) != 0 { throw .last("mkdirat", path.description) }
        if unsafe fchmodat(place.directory, place.name, Self.impliedMode, 0) != 0 {
            throw .last("fchmodat", path.description)
        }
    }

    /// What stands at a path: nil when nothing does; a link is not followed.
    struct Standing {
        let isDirectory: Bool
        let isWhiteout: Bool
    }

    borrowing func standing(_ place: Place) -> Standing? {
        var status = stat()
        guard unsafe fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return Standing(
            isDirectory: clinux_is_directory(status.st_mode) != 0,
            isWhiteout: hw_is_whiteout(status.st_mode, status.st_rdev) != 0)
    }

    /// Takes away what stands where something else is to be: the later entry of an archive counts.
    private mutating func clear(_ place: Place, _ path: TreePath) throws(SystemError) -> Place {
        guard standing(place) != nil else { return place }
        let result = unsafe hw_remove_entry(place.directory, place.name)
        if result < 0 { throw SystemError("remove", path.description, Errno(rawValue: -result)) }
        forgetParent()
        return try self.place(path)
    }

    /// Makes a directory, or gives the one that is there these attributes; its times wait for `finish`.
    public mutating func makeDirectory(_ path: TreePath, _ attributes: TreeAttributes) throws(SystemError) {
        let directory: OwnedDescriptor
        if path.components.isEmpty {
            directory = try root.duplicate()
        } else {
            var place = try place(path)
            let before = standing(place)
            if before?.isDirectory != true {
                place = try clear(place, path)
                if unsafe mkdirat(place.directory, place.name, 0o700) != 0 { throw .last("mkdirat", path.description) }
            }
            directory = try openEntry(place, path, O_RDONLY | O_DIRECTORY)
            // A whiteout of the same layer hides what lower layers have below the name, and not this.
            if before?.isWhiteout == true { try setOpaque(directory, path) }
        }
        try apply(attributes, to: directory, path)
    }

    borrowing func openEntry(_ place: Place, _ path: TreePath, _ flags: CInt, mode: mode_t = 0) throws(SystemError)
        -> OwnedDescriptor
    {
        let number = unsafe clinux_openat(
            place.directory, place.name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode)
        if number < 0 { throw .last("openat", path.description) }
        return OwnedDescriptor(owning: number)
    }

    /// Makes an empty regular file in place of what stands there.
    public mutating func makeFile(_ path: TreePath) throws(SystemError) -> OwnedDescriptor {
        let place = try clear(try place(path), path)
        return try openEntry(place, path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    }

    /// Gives a file that is written its length and attributes.
    public borrowing func finish(
        _ file: borrowing OwnedDescriptor, _ path: TreePath, length: Int64, _ attributes: TreeAttributes
    ) throws(SystemError) {
        if ftruncate(file.rawValue, off_t(length)) != 0 { throw .last("ftruncate", path.description) }
        try apply(attributes, to: file, path)
    }

    /// Ownership first, since it takes away set-user-ID bits and capabilities; the times last.
    private borrowing func apply(
        _ attributes: TreeAttributes, to file: borrowing OwnedDescriptor, _ path: TreePath
    ) throws(SystemError) {
        if fchown(file.rawValue, attributes.user, attributes.group) != 0 { throw .last("fchown", path.description) }
        if fchmod(file.rawValue, attributes.permissions) != 0 { throw .last("fchmod", path.description) }
        for attribute in attributes.extended {
            let result = unsafe attribute.value.withUnsafeBytes { value in
                unsafe fsetxattr(file.rawValue, attribute.name, value.baseAddress, value.count, 0)
            }
            if result != 0 { throw .last("fsetxattr", "\(path): \(attribute.name)") }
        }
        if unsafe futimens(file.rawValue, attributes.times) != 0 { throw .last("futimens", path.description) }
    }

    /// Makes a symbolic link that says `content`, whatever that is.
    public mutating func makeLink(_ path: TreePath, content: [UInt8], _ attributes: TreeAttributes) throws(SystemError)
    {
        let place = try clear(try place(path), path)
        let text = content.map { CChar(bitPattern: $0) } + [0]
        if unsafe symlinkat(text, place.directory, place.name) != 0 { throw .last("symlinkat", path.description) }
        try apply(attributes, toEntry: place, path, isLink: true)
    }

    /// Makes a second name of a file of this tree; a link at `target` is not followed.
    public mutating func makeHardLink(_ path: TreePath, to target: TreePath) throws(SystemError) {
        guard let name = target.name else { throw SystemError("linkat", target.description, .notPermitted) }
        let source = try openDirectory(target.parent, making: false)
        let sourceName = name.map { CChar(bitPattern: $0) } + [0]
        var existing = stat()
        if unsafe fstatat(source.rawValue, sourceName, &existing, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last("linkat", target.description)
        }
        var place = try place(path)
        var there = stat()
        if unsafe fstatat(place.directory, place.name, &there, AT_SYMLINK_NOFOLLOW) == 0 {
            if there.st_ino == existing.st_ino { return }
            place = try clear(place, path)
        }
        if unsafe linkat(source.rawValue, sourceName, place.directory, place.name, 0) != 0 {
            throw .last("linkat", "\(path) to \(target)")
        }
    }

    /// What a node stands for.
    public enum Node: Hashable, Sendable {
        case fifo
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
    }

    /// Makes a named pipe or a device.
    public mutating func makeNode(_ path: TreePath, _ node: Node, _ attributes: TreeAttributes) throws(SystemError) {
        let place = try clear(try place(path), path)
        let result =
            switch node {
            case .fifo: unsafe hw_make_node(place.directory, place.name, CInt(HW_NODE_FIFO), 0, 0)
            case .characterDevice(let major, let minor):
                unsafe hw_make_node(place.directory, place.name, CInt(HW_NODE_CHARACTER), major, minor)
            case .blockDevice(let major, let minor):
                unsafe hw_make_node(place.directory, place.name, CInt(HW_NODE_BLOCK), major, minor)
            }
        if result != 0 { throw .last("mknodat", path.description) }
        try apply(attributes, toEntry: place, path, isLink: false)
    }

    private borrowing func apply(_ attributes: TreeAttributes, toEntry place: Place, _ path: TreePath, isLink: Bool)
        throws(SystemError)
    {
        if unsafe fchownat(place.directory, place.name, attributes.user, attributes.group, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last("fchownat", path.description)
        }
        if !isLink, unsafe fchmodat(place.directory, place.name, attributes.permissions, 0) != 0 {
            throw .last("fchmodat", path.description)
        }
        for attribute in attributes.extended {
            let result = unsafe attribute.value.withUnsafeBytes { value in
                unsafe hw_set_attribute_of_entry(
                    place.directory, place.name, attribute.name, value.baseAddress, value.count)
            }
            if result != 0 { throw .last("lsetxattr", "\(path): \(attribute.name)") }
        }
        if unsafe utimensat(place.directory, place.name, attributes.times, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last("utimensat", path.description)
        }
    }
}
