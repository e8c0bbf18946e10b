internal import CLinux

/// One step in building a container's root.
///
/// A target is resolved inside that root, whatever links it holds; sources are the host's.
public enum LaunchStep: Hashable, Sendable {
    /// Makes a directory and those above it.
    case directory(String, mode: UInt32)
    /// Makes a symbolic link that says `content`.
    case link(String, content: String)
    /// Mounts a directory of the host as a user without rights sees it, below a private writable layer.
    ///
    /// `name` is the layer's: a file name, unique in the container. A read-only tree has no layer.
    case tree(source: String, target: String, name: String, readOnly: Bool)
    /// Mounts a new file system.
    case fileSystem(kind: String, target: String, options: String, flags: MountFlags)
    /// Shows a file or directory of the host, or of the container's state directory when the path is relative.
    case bind(source: String, target: String, flags: BindFlags)
    /// Makes a file or directory empty and read-only; where there is none, nothing.
    case mask(String)
    /// Makes what is there read-only, with what is mounted below unless `alone`; where there is nothing, nothing.
    ///
    /// `alone` is for the place of a mount, "/" among them.
    case readOnly(String, alone: Bool)
    /// A directory of the host is the whole root, in place; the first step.
    case root(source: String, flags: BindFlags)
    /// Directories of the host, the lowest first, are the whole root, below a private writable layer; the first step.
    case layers([String])
    /// Makes a device node; where nobody may make nodes, `source` is shown instead.
    case device(String, Device, source: String)
    /// Any mount.
    case mount(Mount)

    /// A device node.
    public struct Device: Hashable, Sendable {
        /// "c", "b" or "p".
        public var type: Character
        /// The driver's number.
        public var major: UInt32
        /// The device's number.
        public var minor: UInt32
        /// Permissions.
        public var mode: UInt32 = 0o666
        /// The owner, as the host numbers users.
        public var user: UInt32 = 0
        /// The group, as the host numbers groups.
        public var group: UInt32 = 0

        /// A node that everyone may read and write.
        public init(type: Character, major: UInt32, minor: UInt32) {
            self.type = type
            self.major = major
            self.minor = minor
        }
    }

    /// A mount with all that mount(8) can say of it.
    public struct Mount: Hashable, Sendable {
        /// What is mounted: a path of the host, or a name for a file system that has no source.
        public var source: String
        /// The path inside.
        public var target: String
        /// The file system's type; empty for a part of the host.
        public var type: String
        /// The file system's own options, comma separated.
        public var data = ""
        /// MS_* flags of a file system.
        public var flags: UInt = 0
        /// Whether a part of the host comes with what is mounted below it.
        public var recursive = false
        /// MOUNT_ATTR_* that a part of the host gains and loses.
        public var set: UInt64 = 0, cleared: UInt64 = 0
        /// The same for the whole tree.
        public var setBelow: UInt64 = 0, clearedBelow: UInt64 = 0
        /// An MS_* flag, or 0 for private.
        public var propagation: UInt64 = 0
        /// Whether a new file system begins with what it covers.
        public var copiesUp = false

        /// MOUNT_ATTR_RDONLY.
        public static var readOnly: UInt64 { UInt64(MOUNT_ATTR_RDONLY) }
        /// MOUNT_ATTR_NODEV.
        public static var noDevices: UInt64 { UInt64(MOUNT_ATTR_NODEV) }
        /// MS_SLAVE.
        public static var slave: UInt64 { UInt64(MS_SLAVE) }

        /// A mount without flags.
        public init(source: String, target: String, type: String) {
            self.source = source
            self.target = target
            self.type = type
        }
    }

    /// mount(2) flags, by the names that /proc/mounts uses.
    public struct MountFlags: OptionSet, Hashable, Sendable {
        /// One bit for each flag below, in that order; no kernel constant.
        public let rawValue: UInt32
        /// A set of flags.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Nothing can be changed.
        public static let readOnly = MountFlags(rawValue: 1)
        /// Set-user-id bits have no effect.
        public static let noSetUser = MountFlags(rawValue: 2)
        /// Device nodes do not open.
        public static let noDevices = MountFlags(rawValue: 4)
        /// Programs do not execute.
        public static let noExecute = MountFlags(rawValue: 8)
        /// Every flag with its name in /proc/mounts.
        public static let names: [(flag: MountFlags, name: String)] = [
            (.readOnly, "ro"), (.noSetUser, "nosuid"), (.noDevices, "nodev"), (.noExecute, "noexec"),
        ]

        var kernelFlags: UInt {
            (contains(.readOnly) ? UInt(MS_RDONLY) : 0) | (contains(.noSetUser) ? UInt(MS_NOSUID) : 0)
                | (contains(.noDevices) ? UInt(MS_NODEV) : 0) | (contains(.noExecute) ? UInt(MS_NOEXEC) : 0)
        }
    }

    /// How a part of the host is shown.
    public struct BindFlags: OptionSet, Hashable, Sendable {
        /// One bit for each flag below.
        public let rawValue: UInt32
        /// A set of flags.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Nothing can be changed through it.
        public static let readOnly = BindFlags(rawValue: UInt32(HW_BIND_READ_ONLY))
        /// With everything mounted below it.
        public static let recursive = BindFlags(rawValue: UInt32(HW_BIND_RECURSIVE))
        /// A missing source is no error.
        public static let optional = BindFlags(rawValue: UInt32(HW_BIND_OPTIONAL))
        /// Device nodes open.
        public static let devices = BindFlags(rawValue: UInt32(HW_BIND_DEVICES))
        /// Every flag with its name.
        public static let names: [(flag: BindFlags, name: String)] = [
            (.readOnly, "ro"), (.recursive, "rbind"), (.optional, "optional"), (.devices, "dev"),
        ]
    }
}
