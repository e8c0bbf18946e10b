internal import CLinux

extension ContainerLaunch {
    /// Choices that are on or off.
    public struct Flags: OptionSet, Sendable {
        /// The child half's bits.
        public let rawValue: UInt32
        /// A set of flags.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The command's streams are a new terminal of the container; its other side arrives with `ready`.
        public static let terminal = Flags(rawValue: UInt32(HW_LAUNCH_TERMINAL))
        /// Executing a program never gives more rights.
        public static let noNewPrivileges = Flags(rawValue: UInt32(HW_LAUNCH_NO_NEW_PRIVILEGES))
        /// The private layer lives in memory.
        public static let privateInMemory = Flags(rawValue: UInt32(HW_LAUNCH_PRIVATE_TMPFS))
        /// `enter`: the command belongs to the container's init, not to the caller.
        public static let detached = Flags(rawValue: UInt32(HW_LAUNCH_DETACHED))
        /// The command is process 1 itself; nobody reaps for it.
        public static let noInit = Flags(rawValue: UInt32(HW_LAUNCH_NO_INIT))
        /// The process reports `namespaces` and waits at its gate before it builds the root.
        public static let earlyGate = Flags(rawValue: UInt32(HW_LAUNCH_EARLY_GATE))
        /// The terminal is /dev/console as well.
        public static let console = Flags(rawValue: UInt32(HW_LAUNCH_CONSOLE))
        /// The container goes on when this process ends.
        public static let outlives = Flags(rawValue: UInt32(HW_LAUNCH_OUTLIVES))
        /// The command keeps this process's session keyring.
        public static let keepsKeyring = Flags(rawValue: UInt32(HW_LAUNCH_KEEP_KEYRING))
    }

    /// The kinds of namespaces that a container has of its own or shares.
    public enum NamespaceKind: Hashable, Sendable {
        /// Users and groups.
        case user
        /// Processes.
        case pid
        /// Links, addresses, sockets.
        case network
        /// System V and POSIX message queues, semaphores, shared memory.
        case ipc
        /// Host and domain name.
        case uts
        /// The view of control groups.
        case cgroup
        /// Offsets of clocks.
        case time

        var number: CInt {
            let kind: hw_namespace =
                switch self {
                case .user: HW_NAMESPACE_USER
                case .pid: HW_NAMESPACE_PID
                case .network: HW_NAMESPACE_NETWORK
                case .ipc: HW_NAMESPACE_IPC
                case .uts: HW_NAMESPACE_UTS
                case .cgroup: HW_NAMESPACE_CGROUP
                case .time: HW_NAMESPACE_TIME
                }
            return CInt(kind.rawValue)
        }
    }

    /// Where a container's namespace of a kind comes from.
    public enum NamespaceChoice: Hashable, Sendable {
        /// The caller's.
        case inherited
        /// A new one; a network's loopback link is brought up.
        case new
        /// The one of a descriptor, which stays the caller's.
        case joined(CInt)

        var number: CInt {
            switch self {
            case .inherited: CInt(HW_NAMESPACE_INHERITED)
            case .new: CInt(HW_NAMESPACE_NEW)
            case .joined(let descriptor): descriptor
            }
        }
    }

    /// Ids of a user namespace and those they are outside.
    public struct Mapping: Hashable, Sendable {
        /// The first id inside.
        public var inside: UInt32
        /// The first id outside.
        public var outside: UInt32
        /// How many.
        public var count: UInt32

        /// A range of ids.
        public init(inside: UInt32, outside: UInt32, count: UInt32) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }
    }

    /// The five sets of capabilities, a bit for each number (capabilities(7)).
    public struct CapabilitySets: Hashable, Sendable {
        /// The most that executing a program can give.
        public var bounding: UInt64 = 0
        /// What is in force.
        public var effective: UInt64 = 0
        /// What can be put in force.
        public var permitted: UInt64 = 0
        /// What programs with inheritable capabilities get.
        public var inheritable: UInt64 = 0
        /// What programs without privileges get.
        public var ambient: UInt64 = 0

        /// No capability at all.
        public init() {}

        var values: hw_capabilities {
            hw_capabilities(
                bounding: bounding, effective: effective, permitted: permitted, inheritable: inheritable,
                ambient: ambient)
        }
    }
}
