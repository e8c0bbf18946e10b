internal import LinuxSystem

/// What `--help` and `--version` print.
enum CommandText {
    static let version = """
        hawser-oci version 0.1.0
        spec: \(SpecificationTemplate.version)

        """

    static let global = [
        OptionDescription("root", value: "DIR", "where containers' states are (default /run/hawser-oci)"),
        OptionDescription("log", value: "FILE", "write messages there too"),
        OptionDescription("log-format", value: "FORMAT", "text (default) or json"),
        OptionDescription("systemd-cgroup", "control groups are named slice:prefix:name"),
        OptionDescription("debug", "accepted: there are no further messages"),
        OptionDescription("rootless", value: "CHOICE", "accepted: this runtime needs root"),
        OptionDescription("criu", value: "PATH", "accepted: checkpoints are not made"),
        OptionDescription("help", short: "h", "print this help"),
        OptionDescription("version", short: "v", "print the version"),
    ]

    /// The help of the program.
    static var help: String {
        var text = "Runs containers from OCI bundles, with the command line of runc.\n\n"
        text += "usage: hawser-oci [OPTION...] VERB [OPTION...] [ID]\n\nverbs:\n"
        for verb in Verb.allCases { text += line(verb.rawValue, verb.help) }
        return text + "\noptions:\n" + lines(global) + "\nhawser-oci VERB --help tells the options of a verb.\n"
    }

    /// The help of a verb.
    static func help(_ verb: Verb) -> String {
        let options = verb.options
        var text = "usage: hawser-oci \(verb.rawValue)"
        if !options.isEmpty { text += " [OPTION...]" }
        if !verb.arguments.isEmpty { text += " " + verb.arguments }
        text += "\n\n\(verb.help)\n"
        return options.isEmpty ? text : text + "\noptions:\n" + lines(options)
    }

    private static func lines(_ options: [OptionDescription]) -> String {
        var text = ""
        for option in options {
            let names = (option.short.isEmpty ? "" : "-\(option.short), ") + "--\(option.name)"
            text += line(option.value.isEmpty ? names : "\(names) \(option.value)", option.help)
        }
        return text
    }

    private static func line(_ left: String, _ right: String) -> String {
        "  " + padded(left, 28) + " " + right + "\n"
    }

    /// A text filled up with blanks.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
