internal import LinuxSystem

/// The verbs, spelled as runc spells them, with their options.
enum Verb: String, CaseIterable, Sendable {
    case state, kill, delete, list, spec, features

    /// What its help says.
    var help: String {
        switch self {
        case .state: "print a container's state as JSON"
        case .kill: "send a signal (default SIGTERM) to a container's first process"
        case .delete: "remove what a stopped container holds"
        case .list: "list containers"
        case .spec: "write an example config.json"
        case .features: "print what this runtime can do as JSON"
        }
    }

    /// What stands after its options in the help.
    var arguments: String {
        switch self {
        case .kill: "ID [SIGNAL]"
        case .list, .spec, .features: ""
        default: "ID"
        }
    }

    /// Whether what follows the container's name is not for us.
    var stopsAtArgument: Bool { false }

    /// How many arguments may follow.
    var argumentCount: ClosedRange<Int> {
        switch self {
        case .list, .spec, .features: 0...0
        case .kill: 1...2
        default: 1...1
        }
    }

    /// Its options.
    var options: [OptionDescription] {
        switch self {
        case .kill: []
        case .delete:
            [OptionDescription("force", short: "f", "kill the container first; be content when there is none")]
        case .list:
            [
                OptionDescription("format", short: "f", value: "FORMAT", "table (default) or json"),
                OptionDescription("quiet", short: "q", "names alone"),
            ]
        case .spec:
            [
                OptionDescription("bundle", short: "b", value: "DIR", "where to write it (default: the current one)"),
                OptionDescription("rootless", "refused: this runtime needs root"),
            ]
        case .state, .features: []
        }
    }

}
