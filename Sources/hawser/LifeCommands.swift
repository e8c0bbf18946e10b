internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// The verbs about how containers live and end.
let lifeCommands: [any ParsableCommand.Type] = [
    CreateCommand.self, StartCommand.self, RestartCommand.self, AttachCommand.self, WaitCommand.self, KillCommand.self,
    CpCommand.self, TopCommand.self, RenameCommand.self, PortCommand.self, PruneCommand.self,
]

/// `hawser create`.
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a container that hawser start brings to life.",
        usage: "hawser create [OPTIONS] [--] COMMAND [ARGUMENT ...]",
        discussion: "It takes the options of hawser run, and prints the container's id.")

    @OptionGroup
    var options: RunCommand

    func run() throws {
        let runner = options.places.runner()
        let specification = try options.specification(runner)
        try runner.create(specification, cidFile: options.life.cidfile)
        try writeLine(specification.id)
    }
}

/// `hawser start`.
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start containers that were created or have ended, with what they wrote.",
        usage: "hawser start ([--attach] [--interactive] CONTAINER ... | --boot)")

    @Flag(help: "Start those whose policy says so after a boot: always, and the others unless someone stopped them.")
    var boot = false

    @Flag(name: .shortAndLong, help: "Stay in front of it: its output comes here.")
    var attach = false

    @Flag(name: .shortAndLong, help: "Let the command read this terminal or pipe.")
    var interactive = false

    @Option(help: "The keys that leave the container running. [ctrl-p,ctrl-q]")
    var detachKeys: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String] = []

    func run() throws {
        let runner = places.runner()
        guard boot != !containers.isEmpty else {
            throw RunnerError.invalid(
                option: "start", value: containers.joined(separator: " "), expected: "names of containers, or --boot")
        }
        let names = boot ? try runner.containers().filter(\.startsAtBoot).map(\.specification.name) : containers
        guard attach || interactive else {
            return try forEach(names) { _ = try runner.start($0, ContainerRunner.Start(detached: true)) }
        }
        guard containers.count == 1 else {
            throw RunnerError.invalid(
                option: attach ? "--attach" : "--interactive", value: containers.joined(separator: " "),
                expected: "one container")
        }
        let asked = try runner.container(containers[0]).specification
        let input: CInt? = interactive && asked.interactive ? 0 : nil
        var start = ContainerRunner.Start(detached: false, input: input, terminal: asked.terminal ? 0 : nil)
        start.detachKeys = try detachKeys.map { try DetachKeys($0) } ?? .standard
        throw ExitCode(try runner.start(containers[0], start))
    }
}

/// `hawser restart`.
struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "End containers' commands and start them again.",
        usage: "hawser restart [--time SECONDS] [--signal SIGNAL] CONTAINER ...")

    @Option(name: .shortAndLong, help: "Seconds to wait before it is killed; -1 for ever. [--stop-timeout, else 10]")
    var time: Int?

    @Option(name: .shortAndLong, help: "The signal to ask with. [--stop-signal, else TERM]")
    var signal: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String]

    func run() throws {
        let chosen = try signal.map { try Signal(option: "--signal", $0) }
        let runner = places.runner()
        try forEach(containers) { try runner.restart($0, signal: chosen, milliseconds: time?.stopMilliseconds) }
    }
}

/// `hawser attach`.
struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Go back to a running container: its output, input and terminal.",
        usage: "hawser attach [--no-stdin] [--no-sig-proxy] [--detach-keys KEYS] CONTAINER")

    @Option(help: "The keys that leave the container running. [ctrl-p,ctrl-q]")
    var detachKeys: String?

    @Flag(help: "Send it nothing that is typed here.")
    var noStdin = false

    @Flag(inversion: .prefixedNo, help: "Send signals that arrive here to the command.")
    var sigProxy = true

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "The container.", completion: Completions.running)
    var container: String

    func run() throws {
        var attachment = ContainerRunner.Attachment()
        attachment.input = noStdin ? nil : 0
        attachment.forwardsSignals = sigProxy
        if let detachKeys { attachment.detachKeys = try DetachKeys(detachKeys) }
        throw ExitCode(try places.runner().attach(attachment, to: container))
    }
}

/// `hawser wait`.
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers have ended, and print their exit statuses.",
        usage: "hawser wait CONTAINER ...")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String]

    func run() throws {
        let runner = places.runner()
        try forEach(containers, printing: { try String(runner.wait($0)) })
    }
}

/// `hawser kill`.
struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send a signal to containers' commands.",
        usage: "hawser kill [--signal SIGNAL] CONTAINER ...")

    @Option(name: .shortAndLong, help: "The signal.")
    var signal = "KILL"

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.running)
    var containers: [String]

    func run() throws {
        let chosen = try Signal(option: "--signal", signal)
        let runner = places.runner()
        try forEach(containers) { try runner.kill($0, signal: chosen) }
    }
}

extension Signal {
    /// The signal that an option names.
    init(option: String, _ text: String) throws {
        guard let signal = Signal(text) else {
            throw RunnerError.invalid(option: option, value: text, expected: "a signal, as TERM, SIGTERM or 15")
        }
        self = signal
    }
}

extension Int {
    /// Seconds that `stop` is to wait, as the runner takes them; negative for ever.
    var stopMilliseconds: Int { self < 0 ? 1_000_000_000 : Swift.min(self, 1_000_000) * 1000 }
}
