public import LinuxSystem

/// What a container is to be made of: written by the runner as launch.json, carried out by the shim.
public struct LaunchPlan: Hashable, Sendable {
    /// Which network namespace the container lives in.
    public enum Network: Hashable, Sendable {
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
    /// Which network namespace it lives in.
    public var network = Network.own
    /// The size of the private layer when that lives in memory, as tmpfs writes it.
    public var privateInMemory: String?
    /// The version 2 control group it begins in.
    public var controlGroup: String?

    /// A plan to run a command.
    public init(command: [String], environment: [String]) {
        self.command = command
        self.environment = environment
    }
}
