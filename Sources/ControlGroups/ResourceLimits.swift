/// What the processes of a container may use at most: the `linux.resources` of the OCI runtime specification.
///
/// What is nil or empty is not limited here; -1 lifts a limit where the kernel knows one.
public struct ResourceLimits: Hashable, Sendable {
    /// Limits of memory, in bytes.
    public struct Memory: Hashable, Sendable {
        /// The most memory.
        public var limit: Int64?
        /// The most memory and swap together.
        public var swap: Int64?
        /// What the group is left with when memory is short.
        public var reservation: Int64?
        /// The kernel's own memory for it; kernels of today ignore it.
        public var kernel: Int64?
        /// How readily its memory is swapped out, 0 to 100.
        public var swappiness: Int64?
        /// Whether processes wait, rather than end, when memory runs out.
        public var disableOutOfMemoryKill = false

        /// No limits.
        public init() {}
    }

    /// Limits of processor time; times are microseconds.
    public struct Processor: Hashable, Sendable {
        /// The weight against others, 1024 being usual.
        public var shares: Int64?
        /// The time in each period; -1 for no limit.
        public var quota: Int64?
        /// The length of a period.
        public var period: Int64?
        /// What of an unused quota may be used later.
        public var burst: Int64?
        /// The time for realtime scheduling in each of its periods.
        public var realtimeRuntime: Int64?
        /// The length of a period for realtime scheduling.
        public var realtimePeriod: Int64?
        /// The processors that may be used, as "0-2,7".
        public var processors: String?
        /// The memory nodes that may be used, as "0,1".
        public var memoryNodes: String?
        /// Whether it runs only when nobody else wants to: 1 or 0.
        public var idle: Int64?

        /// No limits.
        public init() {}
    }

    /// A block device by number, and a rate or weight for it.
    public struct DeviceValue: Hashable, Sendable {
        /// The device's major number.
        public let major: Int64
        /// The device's minor number.
        public let minor: Int64
        /// Bytes or operations a second, or a weight.
        public let value: Int64

        /// A value for a device.
        public init(major: Int64, minor: Int64, value: Int64) {
            self.major = major
            self.minor = minor
            self.value = value
        }
    }

    /// Limits of block devices.
    public struct BlockDevices: Hashable, Sendable {
        /// The weight against others, 10 to 1000.
        public var weight: Int64?
        /// The weight on single devices.
        public var weights: [DeviceValue] = []
        /// Bytes read a second; 0 lifts the limit.
        public var readBytes: [DeviceValue] = []
        /// Bytes written a second.
        public var writeBytes: [DeviceValue] = []
        /// Read operations a second.
        public var readOperations: [DeviceValue] = []
        /// Write operations a second.
        public var writeOperations: [DeviceValue] = []

        /// No limits.
        public init() {}
    }

    /// The most memory in huge pages of one size.
    public struct HugePages: Hashable, Sendable {
        /// The page size as the kernel's files name it: "2MB".
        public let pageSize: String
        /// Bytes.
        public let limit: Int64

        /// A limit for one page size.
        public init(pageSize: String, limit: Int64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// A file of the version 2 group and what is written there as it stands.
    public struct UnifiedValue: Hashable, Sendable {
        /// The file, as "memory.high".
        public let file: String
        /// What is written.
        public let value: String

        /// A value for a file.
        public init(file: String, value: String) {
            self.file = file
            self.value = value
        }
    }

    /// A network interface's priority for the group's traffic.
    public struct NetworkPriority: Hashable, Sendable {
        /// The interface.
        public let interface: String
        /// The priority.
        public let priority: Int64

        /// A priority on an interface.
        public init(interface: String, priority: Int64) {
            self.interface = interface
            self.priority = priority
        }
    }

    /// Memory.
    public var memory = Memory()
    /// Processor time.
    public var processor = Processor()
    /// Block devices.
    public var blockDevices = BlockDevices()
    /// The most processes and threads; -1 for no limit.
    public var processes: Int64?
    /// Huge pages.
    public var hugePages: [HugePages] = []
    /// Which devices may be used; empty for whichever the caller may.
    ///
    /// A later rule wins.
    public var devices: [DeviceRule] = []
    /// The class of the group's packets, as net_cls.classid.
    public var networkClass: Int64?
    /// Priorities on interfaces.
    public var networkPriorities: [NetworkPriority] = []
    /// What is written to version 2 files as it stands.
    public var unified: [UnifiedValue] = []

    /// No limits.
    public init() {}

    /// Whether nothing is limited.
    public var isEmpty: Bool { self == ResourceLimits() }
}
