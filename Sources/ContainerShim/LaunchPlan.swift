public import LinuxSystem

/// What a container is to be made of: written by the runner as launch.json, carried out by the shim.
public struct LaunchPlan: Hashable, Sendable {
    /// Where the container's namespace of a kind comes from.
    public enum Namespace: Hashable, Sendable {
        /// A new one.
        case own
        /// The host's.
        case host
        /// The one at this path.
        case join(String)
    }

    /// Who runs the command.
    public struct User: Hashable, Sendable {
        /// The user's number.
        public var user: UInt32
        /// The primary group's number.
        public var group: UInt32
        /// Further groups.
        public var supplementary: [UInt32]

        /// A user with its groups.
        public init(user: UInt32, group: UInt32, supplementary: [UInt32] = []) {
            self.user = user
            self.group = group
            self.supplementary = supplementary
        }

        /// User 0.
        public static let root = User(user: 0, group: 0)
    }

    /// A limit of getrlimit(2), by its RLIMIT_* number.
    public struct Limit: Hashable, Sendable {
        /// RLIMIT_*.
        public var resource: Int32
        /// What is in force; `UInt64.max` for no limit.
        public var soft: UInt64
        /// How far it may be raised.
        public var hard: UInt64

        /// A limit.
        public init(resource: Int32, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }
    }

    /// A setting of the container's own namespaces, as "net.ipv4.ip_forward".
    public struct Sysctl: Hashable, Sendable {
        /// Its name with dots.
        public var name: String
        /// Its value.
        public var value: String

        /// A setting.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A seccomp program in a file, struct sock_filter by struct sock_filter.
    public struct Filter: Hashable, Sendable {
        /// The file.
        public var path: String
        /// Flags of seccomp(2).
        public var flags: UInt32

        /// A program in a file.
        public init(path: String, flags: UInt32) {
            self.path = path
            self.flags = flags
        }
    }

    /// The program and its arguments; a program without "/" is looked for in PATH.
    public var command: [String]
    /// "NAME=value".
    public var environment: [String]
    /// Where the command begins, inside.
    public var workingDirectory = "/"
    /// Who runs it.
    public var user = User.root
    /// One bit for each capability it may hold.
    public var capabilities: UInt64 = 0
    /// Whether executing a program never gives more rights.
    public var noNewPrivileges = true
    /// Whether its streams are a terminal.
    public var terminal = false
    /// The terminal's size at the start; nil when there is nobody whose window it could have.
    public var terminalSize: Terminal.Size?
    /// The host name.
    public var hostname = ""
    /// How the root is built.
    public var steps: [LaunchStep] = []
    /// The NIS domain name; empty for none.
    public var domainName = ""
    /// Which network namespace it lives in.
    public var network = Namespace.own
    /// Which process namespace.
    public var pid = Namespace.own
    /// Which namespace of semaphores, queues and shared memory.
    public var ipc = Namespace.own
    /// Which namespace of host names.
    public var uts = Namespace.own
    /// Which view of control groups.
    public var cgroup = Namespace.own
    /// Ids of users and groups outside of those inside; nil for the host's own.
    public var identifiers: [ContainerLaunch.Mapping]?
    /// Whether an init of ours is process 1, else the command.
    public var hasInit = true
    /// The size of the private layer when that lives in memory, as tmpfs writes it.
    public var privateInMemory: String?
    /// The version 2 control group it begins in.
    public var controlGroup: String?
    /// The version 1 control group directories that it joins.
    public var legacyControlGroups: [String] = []
    /// The file that counts how often its memory ran out; it may come into being later.
    public var outOfMemoryEvents: String?
    /// How readily the kernel ends it when memory runs out, -1000 to 1000; nil for the runner's own.
    public var oomScoreAdjustment: Int32?
    /// Whether mounts that appear on the host may appear inside.
    public var followsHostMounts = false
    /// Limits of the command.
    public var limits: [Limit] = []
    /// Settings of its own namespaces.
    public var sysctls: [Sysctl] = []
    /// What it may ask of the kernel; nil for everything.
    public var filter: Filter?

    /// A plan to run a command.
    public init(command: [String], environment: [String]) {
        self.command = command
        self.environment = environment
    }
}
