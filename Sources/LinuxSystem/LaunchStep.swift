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
    /// Makes what is there read-only; where there is nothing, nothing.
    case readOnly(String)

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
