internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// `hawser run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command in a new container.",
        usage: "hawser run [OPTIONS] [--] COMMAND [ARGUMENT ...]",
        discussion: """
            The exit status is the command's, 128 and the signal's number when one ended it, 127 when it was not found, \
            126 when it could not be executed, and 125 when the container could not be made.
            """)

    @Flag(name: .shortAndLong, help: "Leave the container running and print its id.")
    var detach = false

    @Flag(name: .customLong("rm"), help: "Remove the container once its command has ended.")
    var remove = false

    @Flag(name: .shortAndLong, help: "Let the command read this terminal or pipe.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give the command a terminal.")
    var tty = false

    @Option(help: "The container's name. [the beginning of its id]")
    var name: String?

    @Option(help: "The host name inside. [the container's name; the host's with --network host]")
    var hostname: String?

    @Option(name: .shortAndLong, help: "Set a variable, NAME=VALUE; NAME alone takes the value from here.")
    var env: [String] = []

    @Option(name: .shortAndLong, help: "Show a path of the host inside: HOSTPATH:PATH[:ro|rw].", completion: .file())
    var volume: [String] = []

    @Option(
        help: "none, host, container:NAME, or a configured network; several may be given. [bridge]",
        completion: Completions.networkModes)
    var network: [String] = []

    @Option(name: .shortAndLong, help: "Publish ports: [HOSTIP:]HOSTPORT[-LAST]:PORT[-LAST][/tcp|udp|sctp].")
    var publish: [String] = []

    @Option(name: .shortAndLong, help: "Where the command begins, inside.")
    var workdir: String = "/"

    @Option(name: .shortAndLong, help: "Who runs the command: NAME|UID[:GROUP|GID]. [0]")
    var user: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments. [/bin/sh]")
    var command: [String] = []

    func run() throws {
        // What follows the options is the command's, so that the parser leaves an option it does not know to it.
        switch command.first {
        case "-h", "--help": throw CleanExit.helpRequest(Self.self)
        case "--help-hidden": throw CleanExit.message(Self.helpMessage(includeHidden: true))
        default: break
        }
        let runner = places.runner()
        let specification = try specification(runner)
        if detach, tty {
            throw RunnerError.invalid(option: "-t", value: "-d", expected: "possible: nobody would see the terminal")
        }
        let start = ContainerRunner.Start(
            detached: detach, input: interactive && !detach ? 0 : nil, terminal: tty ? 0 : nil)
        let code = try runner.run(specification, start)
        if detach { try StandardStreams.writeOutput(Array((specification.id + "\n").utf8)) }
        throw ExitCode(code)
    }

    private func specification(_ runner: ContainerRunner) throws -> ContainerSpecification {
        var arguments = command
        if arguments.first == "--" {
            arguments.removeFirst()
        } else if let first = arguments.first, first.hasPrefix("-") {
            throw RunnerError.invalid(option: "run", value: first, expected: "an option; see hawser run --help")
        }
        let account = try user.map { try runner.resolveUser($0) }
        let id = ContainerStore.newID()
        var result = ContainerSpecification(
            id: id, name: name ?? String(id.prefix(12)), command: arguments.isEmpty ? ["/bin/sh"] : arguments,
            createdAt: Clock.realtimeNanoseconds())
        result.network = try NetworkMode(network)
        result.hostname = try hostname ?? (result.network == .host ? hostName() : String(result.name.prefix(63)))
        result.workingDirectory = workdir
        result.user = account?.user ?? ContainerSpecification.LaunchUser()
        result.volumes = try volume.map { try VolumeMount($0, relativeTo: try Files.realPath(".")) }
        result.ports = try publish.map { try PortMapping($0) }
        result.interactive = interactive
        result.terminal = tty
        result.removeAtEnd = remove
        let home = account.map { $0.home ?? "/" } ?? "/root"
        result.environment = environment(hostname: result.hostname, home: home)
        guard workdir.hasPrefix("/") else {
            throw RunnerError.invalid(option: "-w", value: workdir, expected: "an absolute path")
        }
        return result
    }

    private func environment(hostname: String, home: String) -> [String] {
        let standard = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=\(hostname)"]
        let terminal = tty ? ["TERM=\(Environment.value("TERM") ?? "xterm")"] : []
        return EnvironmentList(standard + ["HOME=\(home)"] + terminal).merging(env.given()).entries
    }

    private func hostName() throws -> String {
        let text = String(decoding: try Files.read("/proc/sys/kernel/hostname", limit: 256), as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}

extension [String] {
    /// The values of `-e`: a name alone stands for this process's variable, where there is one.
    func given() -> [String] {
        compactMap { entry in
            entry.utf8.contains(UInt8(ascii: "=")) ? entry : Environment.value(entry).map { "\(entry)=\($0)" }
        }
    }
}
