internal import LinuxSystem

/// The verbs, spelled as runc spells them, with their options.
enum Verb: String, CaseIterable, Sendable {
    case create, start, state, kill, delete, run, exec, ps, pause, resume, update, events, list, spec, features

    /// What its help says.
    var help: String {
        switch self {
        case .create: "make a container that waits for start"
        case .start: "let a created container's command run"
        case .state: "print a container's state as JSON"
        case .kill: "send a signal (default SIGTERM) to a container's first process"
        case .delete: "remove what a stopped container holds"
        case .run: "create a container, start it, and delete it when it ends"
        case .exec: "run a further process in a container"
        case .ps: "list a container's processes"
        case .pause: "freeze a container's processes"
        case .resume: "let a paused container go on"
        case .update: "change a container's limits"
        case .events: "print what a container uses as JSON"
        case .list: "list containers"
        case .spec: "write an example config.json"
        case .features: "print what this runtime can do as JSON"
        }
    }

    /// What stands after its options in the help.
    var arguments: String {
        switch self {
        case .kill: "ID [SIGNAL]"
        case .exec: "ID [COMMAND [ARGUMENT...]]"
        case .ps: "ID"
        case .list, .spec, .features: ""
        default: "ID"
        }
    }

    /// Whether what follows the container's name is not for us.
    var stopsAtArgument: Bool { self == .exec || self == .ps }

    /// How many arguments may follow.
    var argumentCount: ClosedRange<Int> {
        switch self {
        case .list, .spec, .features: 0...0
        case .kill: 1...2
        case .exec, .ps: 1...Int.max
        default: 1...1
        }
    }

    private static let makes = [
        OptionDescription("bundle", short: "b", value: "DIR", "the bundle's directory (default: the current one)"),
        OptionDescription("console-socket", value: "PATH", "send the terminal to this socket"),
        OptionDescription("pid-file", value: "FILE", "write the process id there"),
        OptionDescription("no-pivot", "enter the root by chroot: for a root in the initial ramdisk"),
        OptionDescription("no-new-keyring", "keep the caller's session keyring"),
        OptionDescription("preserve-fds", value: "N", "pass on N descriptors beyond the standard ones"),
    ]

    /// Its options.
    var options: [OptionDescription] {
        switch self {
        case .create: Self.makes
        case .run:
            Self.makes + [
                OptionDescription("detach", short: "d", "return once the command runs"),
                OptionDescription("keep", "do not delete the container when it ends"),
                OptionDescription("no-subreaper", "accepted: this runtime never makes itself one"),
            ]
        case .kill: [OptionDescription("all", short: "a", "send it to every process of the container")]
        case .delete:
            [OptionDescription("force", short: "f", "kill the container first; be content when there is none")]
        case .exec: Self.execution
        case .ps: [OptionDescription("format", short: "f", value: "FORMAT", "table (default) or json")]
        case .list:
            [
                OptionDescription("format", short: "f", value: "FORMAT", "table (default) or json"),
                OptionDescription("quiet", short: "q", "names alone"),
            ]
        case .events:
            [
                OptionDescription("stats", "print once and end"),
                OptionDescription("interval", value: "TIME", "time between two lines (default 5s)"),
            ]
        case .update: Self.limits
        case .spec:
            [
                OptionDescription("bundle", short: "b", value: "DIR", "where to write it (default: the current one)"),
                OptionDescription("rootless", "refused: this runtime needs root"),
            ]
        case .start, .state, .pause, .resume, .features: []
        }
    }

    private static let execution = [
        OptionDescription("console-socket", value: "PATH", "send the terminal to this socket"),
        OptionDescription("cwd", value: "DIR", "where the command starts"),
        OptionDescription("env", short: "e", value: "NAME=VALUE", "set a variable; may be repeated"),
        OptionDescription("tty", short: "t", "give the command a terminal"),
        OptionDescription("user", short: "u", value: "UID[:GID]", "who runs it"),
        OptionDescription("additional-gids", short: "g", value: "GID", "a further group; may be repeated"),
        OptionDescription("process", short: "p", value: "FILE", "read all of it from this file"),
        OptionDescription("detach", short: "d", "return once the command runs"),
        OptionDescription("pid-file", value: "FILE", "write the process id there"),
        OptionDescription("process-label", value: "LABEL", "accepted: SELinux is not used"),
        OptionDescription("apparmor", value: "PROFILE", "accepted: AppArmor is not used"),
        OptionDescription("no-new-privs", "executing a program never gives more rights"),
        OptionDescription("cap", short: "c", value: "CAP", "give a capability; may be repeated"),
        OptionDescription("preserve-fds", value: "N", "pass on N descriptors beyond the standard ones"),
        OptionDescription("cgroup", value: "PATH", "accepted when it is the container's own"),
        OptionDescription("ignore-paused", "start it in a paused container"),
    ]

    private static let limits = [
        OptionDescription(
            "resources", short: "r", value: "FILE", "read linux.resources from this file, - for standard input"),
        OptionDescription("blkio-weight", value: "N", "share of disk time, 10 to 1000"),
        OptionDescription("cpu-period", value: "USEC", "period of --cpu-quota"),
        OptionDescription("cpu-quota", value: "USEC", "CPU time in each period"),
        OptionDescription("cpu-burst", value: "USEC", "CPU time saved up beyond the quota"),
        OptionDescription("cpu-share", value: "N", "share of CPU time beside others"),
        OptionDescription("cpu-rt-period", value: "USEC", "period of --cpu-rt-runtime"),
        OptionDescription("cpu-rt-runtime", value: "USEC", "real-time CPU time in each period"),
        OptionDescription("cpu-idle", value: "N", "1: run only when nothing else does"),
        OptionDescription("cpuset-cpus", value: "LIST", "CPUs to run on"),
        OptionDescription("cpuset-mems", value: "LIST", "memory nodes to use"),
        OptionDescription("kernel-memory", value: "BYTES", "accepted: today's kernels ignore it"),
        OptionDescription("kernel-memory-tcp", value: "BYTES", "memory of TCP buffers"),
        OptionDescription("memory", value: "BYTES", "memory"),
        OptionDescription("memory-reservation", value: "BYTES", "memory to be left with when it is short"),
        OptionDescription("memory-swap", value: "BYTES", "memory and swap together; -1 for no limit"),
        OptionDescription("pids-limit", value: "N", "processes and threads; -1 for no limit"),
    ]
}
