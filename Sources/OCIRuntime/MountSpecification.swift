/// One of a bundle's mounts.
public struct MountSpecification: Hashable, Sendable {
    /// Where, inside the container.
    public let destination: String
    /// The file system; "bind" for a part of the host.
    public let type: String
    /// What is mounted: a path of the host for a bind, relative to the bundle.
    public let source: String
    /// How.
    public let options: MountOptions
    /// User ids of an id-mapped mount.
    public let userMappings: [IDMapping]
    /// Group ids of an id-mapped mount.
    public let groupMappings: [IDMapping]

    init(_ reader: SpecificationReader) throws(OCIError) {
        let destination = try reader.needed("destination")
        // Relative destinations are of the time before 1.0; runtimes read them as absolute.
        self.destination = destination.utf8.first == UInt8(ascii: "/") ? destination : "/" + destination
        var options = MountOptions()
        for text in try reader.strings("options") { options.add(text) }
        let type = try reader.string("type") ?? ""
        self.type = options.flags.contains(.bind) ? "bind" : type
        source = try reader.string("source") ?? ""
        guard !self.type.isEmpty else { throw reader.wrong("type", "is required") }
        guard self.type != "bind" || !source.isEmpty else { throw reader.wrong("source", "is required") }
        if self.type == "bind" { options.flags.insert(.bind) }
        self.options = options
        userMappings = try IDMapping.read(reader, "uidMappings")
        groupMappings = try IDMapping.read(reader, "gidMappings")
        if options.isIDMapped, type != "bind", !options.flags.contains(.bind) {
            throw reader.wrong("options", "idmap is for bind mounts")
        }
        if !userMappings.isEmpty || !groupMappings.isEmpty {
            guard options.flags.contains(.bind) else { throw reader.wrong("uidMappings", "are for bind mounts") }
        }
    }
}

/// Options of one mount, as mount(8) spells them, sorted by what becomes of them.
public struct MountOptions: Hashable, Sendable {
    /// Set on the mount.
    public var flags: MountFlags = []
    /// Taken away from what a bind shows.
    public var cleared: MountFlags = []
    /// Set on the mount and everything below it (mount_setattr(2)).
    public var recursive: MountFlags = []
    /// Taken away from the mount and everything below it.
    public var recursiveCleared: MountFlags = []
    /// How it passes on later mounts, with everything below it when recursive.
    public var propagations: [MountPropagation] = []
    /// What is already there is copied into the new tmpfs.
    public var copiesUp = false
    /// Ids are mapped.
    public var isIDMapped = false
    /// Everything else, for the file system.
    public var data: [String] = []

    /// Sorts one option.
    mutating func add(_ text: String) {
        if let propagation = MountPropagation(name: text) {
            propagations.append(propagation)
            return
        }
        switch text {
        case "", "defaults": return
        case "tmpcopyup": copiesUp = true
        case "idmap", "ridmap": isIDMapped = true
        case "bind": flags.insert(.bind)
        case "rbind": flags.formUnion([.bind, .recursive])
        case "copy-symlink", "src-nofollow", "dest-nofollow": return
        default:
            if let entry = MountFlags.entry(text) {
                set(entry.flag, to: entry.isSet)
            } else if text.utf8.first == UInt8(ascii: "r"),
                let entry = MountFlags.entry(String(decoding: Array(text.utf8.dropFirst()), as: UTF8.self)),
                MountFlags.attributes.isSuperset(of: entry.flag)
            {
                if entry.isSet {
                    recursive.insert(entry.flag)
                    recursiveCleared.remove(entry.flag)
                } else {
                    recursive.remove(entry.flag)
                    recursiveCleared.insert(entry.flag)
                }
            } else {
                data.append(text)
            }
        }
    }

    private mutating func set(_ flag: MountFlags, to isSet: Bool) {
        if isSet {
            flags.insert(flag)
            cleared.remove(flag)
        } else {
            flags.remove(flag)
            cleared.insert(flag)
        }
    }
}

/// Flags of mount(2), with the kernel's values.
public struct MountFlags: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt64
    /// A set of flags.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nothing can be changed.
    public static let readOnly = MountFlags(rawValue: 1)
    /// Set-user-id bits have no effect.
    public static let noSetUser = MountFlags(rawValue: 2)
    /// Device nodes do not open.
    public static let noDevices = MountFlags(rawValue: 4)
    /// Programs do not execute.
    public static let noExecute = MountFlags(rawValue: 8)
    /// Writes reach the disk at once.
    public static let synchronous = MountFlags(rawValue: 16)
    /// Changes what is mounted already.
    public static let remount = MountFlags(rawValue: 32)
    /// Symbolic links are not followed.
    public static let noLinks = MountFlags(rawValue: 256)
    /// Times of access are not kept.
    public static let noAccessTime = MountFlags(rawValue: 1024)
    /// Times of access to directories are not kept.
    public static let noDirectoryAccessTime = MountFlags(rawValue: 2048)
    /// Shows a part of the host.
    public static let bind = MountFlags(rawValue: 4096)
    /// With everything below it.
    public static let recursive = MountFlags(rawValue: 16384)
    /// Times of access are kept now and then.
    public static let relativeAccessTime = MountFlags(rawValue: 1 << 21)
    /// Times of access are always kept.
    public static let strictAccessTime = MountFlags(rawValue: 1 << 24)

    /// What belongs to a mount and not to its file system: a bind can have its own.
    public static let attributes: MountFlags = [
        .readOnly, .noSetUser, .noDevices, .noExecute, .noLinks, .noAccessTime, .noDirectoryAccessTime,
        .relativeAccessTime, .strictAccessTime,
    ]

    /// One option of mount(8): which flag, and whether it is set or taken away.
    struct Entry: Sendable {
        let name: String
        let flag: MountFlags
        let isSet: Bool

        init(_ name: String, _ flag: MountFlags, _ isSet: Bool = true) {
            (self.name, self.flag, self.isSet) = (name, flag, isSet)
        }
    }

    static let entries: [Entry] = [
        Entry("ro", .readOnly), Entry("rw", .readOnly, false),
        Entry("nosuid", .noSetUser), Entry("suid", .noSetUser, false),
        Entry("nodev", .noDevices), Entry("dev", .noDevices, false),
        Entry("noexec", .noExecute), Entry("exec", .noExecute, false),
        Entry("nosymfollow", .noLinks), Entry("symfollow", .noLinks, false),
        Entry("sync", .synchronous), Entry("async", .synchronous, false),
        Entry("remount", .remount),
        Entry("mand", MountFlags(rawValue: 64)), Entry("nomand", MountFlags(rawValue: 64), false),
        Entry("dirsync", MountFlags(rawValue: 128)),
        Entry("noatime", .noAccessTime), Entry("atime", .noAccessTime, false),
        Entry("nodiratime", .noDirectoryAccessTime), Entry("diratime", .noDirectoryAccessTime, false),
        Entry("relatime", .relativeAccessTime), Entry("norelatime", .relativeAccessTime, false),
        Entry("strictatime", .strictAccessTime), Entry("nostrictatime", .strictAccessTime, false),
        Entry("silent", MountFlags(rawValue: 1 << 15)), Entry("loud", MountFlags(rawValue: 1 << 15), false),
        Entry("acl", MountFlags(rawValue: 1 << 16)), Entry("noacl", MountFlags(rawValue: 1 << 16), false),
        Entry("iversion", MountFlags(rawValue: 1 << 23)), Entry("noiversion", MountFlags(rawValue: 1 << 23), false),
        Entry("lazytime", MountFlags(rawValue: 1 << 25)), Entry("nolazytime", MountFlags(rawValue: 1 << 25), false),
    ]

    static func entry(_ name: String) -> Entry? {
        for entry in entries where entry.name == name { return entry }
        return nil
    }
}

/// How mounts made later on one side appear on the other.
public struct MountPropagation: Hashable, Sendable {
    /// The kinds, by their names.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case shared, slave, `private`, unbindable
    }

    /// Which way.
    public let kind: Kind
    /// With every mount below it.
    public let isRecursive: Bool

    /// Reads "shared", "rslave" and so on.
    public init?(name: String) {
        for kind in Kind.allCases {
            if kind.rawValue == name {
                (self.kind, isRecursive) = (kind, false)
            } else if "r" + kind.rawValue == name {
                (self.kind, isRecursive) = (kind, true)
            } else {
                continue
            }
            return
        }
        return nil
    }

    /// The flags of mount(2).
    public var kernelFlags: UInt64 {
        let own: UInt64 =
            switch kind {
            case .shared: 1 << 20
            case .slave: 1 << 19
            case .private: 1 << 18
            case .unbindable: 1 << 17
            }
        return own | (isRecursive ? MountFlags.recursive.rawValue : 0)
    }
}
