internal import ArgumentParser
internal import ContainerRunner
internal import JSON
internal import LinuxSystem

/// `hawser enter`.
struct EnterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter",
        abstract: "Run a program of the host in namespaces of a container, a process or a file.",
        usage: "hawser enter [OPTIONS] (CONTAINER | PID | PATH) [COMMAND [ARGUMENT ...]]",
        discussion: """
            Without a kind each namespace is joined that the target has of its own. With some only those: without -m the \
            program is the host's, and so are its files, as in `hawser enter -n web tcpdump -i eth0`. Without a command \
            it is a shell.
            """)

    @Flag(name: .shortAndLong, help: "The mount namespace: the target's files.")
    var mount = false

    @Flag(name: .shortAndLong, help: "The UTS namespace: its host name.")
    var uts = false

    @Flag(name: .shortAndLong, help: "The IPC namespace.")
    var ipc = false

    @Flag(name: [.customShort("n"), .customLong("net")], help: "The network namespace.")
    var network = false

    @Flag(name: .shortAndLong, help: "The process namespace.")
    var pid = false

    @Flag(
        name: [.customShort("U"), .customLong("user")], help: "The user namespace: as its user 0, unless -S says else.")
    var user = false

    @Flag(name: [.customShort("C"), .customLong("cgroupns")], help: "The control group namespace.")
    var cgroup = false

    @Flag(name: [.customShort("T"), .customLong("time")], help: "The time namespace.")
    var time = false

    @Flag(name: .shortAndLong, help: "With the root directory of the target's process.")
    var root = false

    @Option(name: .customLong("root-dir"), help: "With this directory of the host as root.", completion: .directory)
    var rootDirectory: String?

    @Option(name: [.customShort("w"), .customLong("wd")], help: "Where the program begins, inside.")
    var workingDirectory: String?

    @Option(name: [.customShort("S"), .customLong("setuid")], help: "The number of the user who runs it.")
    var userNumber: UInt32?

    @Option(name: [.customShort("G"), .customLong("setgid")], help: "The number of its group.")
    var groupNumber: UInt32?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "A container by name or id, a process, or a path with a slash.", completion: Completions.running)
    var target: String

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments. [/bin/sh]")
    var command: [String] = []

    func validate() throws {
        if root, rootDirectory != nil { throw ValidationError("--root and --root-dir exclude each other") }
    }

    func run() throws {
        let runner = places.runner()
        var visit = NamespaceVisit()
        let asked: [(Bool, NamespaceKind)] = [
            (user, .user), (mount, .mount), (uts, .uts), (ipc, .ipc), (network, .network), (cgroup, .cgroup),
            (time, .time), (pid, .process),
        ]
        visit.kinds = asked.filter(\.0).map(\.1)
        visit.root = root ? "" : rootDirectory
        visit.workingDirectory = workingDirectory
        visit.user = userNumber
        visit.group = groupNumber
        visit.command = command.first == "--" ? Array(command.dropFirst()) : command
        throw ExitCode(try visit.run(in: NamespaceVisit.Host(target, runner), runner))
    }
}

/// `hawser ns`.
struct NamespaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ns", abstract: "Namespaces of this host.", subcommands: [NamespaceList.self])
}

/// `hawser ns ls`.
struct NamespaceList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Show who lives in which namespace.",
        usage: "hawser ns ls [--type KIND] [--json]")

    @Option(
        name: .shortAndLong, help: "Only this kind: user, mnt, uts, ipc, net, cgroup, time or pid.",
        completion: .list(NamespaceKind.allCases.map(\.rawValue)))
    var type: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func validate() throws {
        if let type, NamespaceKind(rawValue: type) == nil {
            throw ValidationError(
                "--type: \"\(type)\" is none of \(NamespaceKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() throws {
        let entries = try NamespaceMap(places.paths()).entries.filter { type == nil || $0.kind.rawValue == type }
        if json {
            return try writeLine(JSONValue.array(entries.map(\.json)).text(.indented(4, sortedKeys: false)))
        }
        var table = TextTable(["TYPE", "INODE", "PROCESSES", "PID", "CONTAINER", "ATTACHMENTS", "PATH", "COMMAND"])
        for entry in entries {
            table.add([
                entry.kind.rawValue, String(entry.number), String(entry.processes), entry.first.map(String.init) ?? "-",
                entry.isOurs ? "(this host)" : entry.containers.joined(separator: ","),
                entry.attachments.joined(separator: ","), entry.paths.joined(separator: ","),
                PsCommand.excerpt(of: [entry.command]),
            ])
        }
        try writeLine(table.text)
    }
}
