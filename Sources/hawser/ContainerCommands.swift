internal import ArgumentParser
internal import ContainerRunner
internal import JSON
internal import LinuxSystem

/// `hawser inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Print all that is known of containers, as JSON.",
        usage: "hawser inspect CONTAINER ...")

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String]

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let runner = places.runner()
        let found = try containers.map { try runner.container($0).json }
        try writeLine(JSONValue.array(found).text(.indented(4, sortedKeys: false)))
    }
}

/// `hawser exec`.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a running container.",
        usage: "hawser exec [OPTIONS] CONTAINER COMMAND [ARGUMENT ...]")

    @Flag(name: .shortAndLong, help: "Leave the command running.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Let the command read this terminal or pipe.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give the command a terminal.")
    var tty = false

    @Option(name: .shortAndLong, help: "Set a variable, NAME=VALUE; NAME alone takes the value from here.")
    var env: [String] = []

    @Option(name: .shortAndLong, help: "Where the command begins, inside.")
    var workdir: String?

    @Option(name: .shortAndLong, help: "Who runs the command: NAME|UID[:GROUP|GID].")
    var user: String?

    @Option(help: "Read variables from a file, one on each line.", completion: .file())
    var envFile: [String] = []

    @Flag(help: "Let it do all that root may do on this host.")
    var privileged = false

    @Option(help: "The keys that leave the command running, at a terminal. [ctrl-p,ctrl-q]")
    var detachKeys: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "The container.", completion: Completions.running)
    var container: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() throws {
        var arguments = command
        if arguments.first == "--" { arguments.removeFirst() }
        guard !arguments.isEmpty else { throw ValidationError("a command is needed") }
        var execution = ContainerRunner.Execution(command: arguments)
        execution.privileged = privileged
        execution.environment =
            try envFile.flatMap { try RunCommand.variables(inFile: $0) }.given() + env.given()
            + (tty ? ["TERM=\(Environment.value("TERM") ?? "xterm")"] : [])
        execution.workingDirectory = workdir
        execution.user = user
        execution.detached = detach
        execution.interactive = interactive
        execution.terminal = tty
        if let detachKeys { execution.detachKeys = try DetachKeys(detachKeys) }
        throw ExitCode(try places.runner().execute(execution, in: container))
    }
}

/// `hawser stop`.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ask containers to end, and end them if they do not.",
        usage: "hawser stop [--time SECONDS] [--signal SIGNAL] CONTAINER ...")

    @Option(name: .shortAndLong, help: "Seconds to wait before it is killed; -1 for ever. [--stop-timeout, else 10]")
    var time: Int?

    @Option(name: .shortAndLong, help: "The signal to ask with. [--stop-signal, else TERM]")
    var signal: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.running)
    var containers: [String]

    func run() throws {
        let chosen = try signal.map { try Signal(option: "--signal", $0) }
        let runner = places.runner()
        try forEach(containers) { try runner.stop($0, signal: chosen, milliseconds: time?.stopMilliseconds) }
    }
}

/// `hawser rm`.
struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers, with their logs and what they wrote.",
        usage: "hawser rm [--force] CONTAINER ...")

    @Flag(name: .shortAndLong, help: "End them first when they run.")
    var force = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String]

    func run() throws {
        let runner = places.runner()
        try forEach(containers) { try runner.remove($0, force: force) }
    }
}

/// `hawser release`: asked for by a shim whose runner is gone.
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Give back what a container that has ended held.", shouldDisplay: false)

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "The container's id.")
    var id: String

    func run() throws { try places.runner().release(id) }
}

/// Does each, says what failed, and fails in the end if one did; what was done is printed.
func forEach(_ names: [String], _ body: (String) throws -> Void) throws {
    try forEach(
        names,
        printing: { (name) throws -> String in
            try body(name)
            return name
        })
}

/// Does each and prints what came of it, says what failed, and fails in the end if one did.
func forEach(_ names: [String], printing body: (String) throws -> String) throws {
    var failed = false
    for name in names {
        do {
            try writeLine(try body(name))
        } catch let error as RunnerError {
            StandardStreams.writeError("hawser: \(error)\n")
            failed = true
        }
    }
    if failed { throw ExitCode(1) }
}

/// Prints a text and a line end.
func writeLine(_ text: String) throws {
    guard !text.isEmpty else { return }
    try StandardStreams.writeOutput(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
}
