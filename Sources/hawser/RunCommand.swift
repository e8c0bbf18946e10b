internal import ArgumentParser
internal import ContainerImages
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

    @Option(help: "The NIS domain name inside.")
    var domainname: String = ""

    @Option(help: "Read variables from a file, one on each line.", completion: .file())
    var envFile: [String] = []

    @Option(
        help: "none, host, container:NAME, or a configured network; several may be given. [bridge]",
        completion: Completions.networkModes)
    var network: [String] = []

    @Option(name: .shortAndLong, help: "Publish ports: [HOSTIP:]HOSTPORT[-LAST]:PORT[-LAST][/tcp|udp|sctp].")
    var publish: [String] = []

    @Flag(
        name: [.customShort("P"), .long], help: "Publish the ports that the image exposes, at free ports of the host.")
    var publishAll = false

    @Option(help: "A further port that is exposed: PORT[-LAST][/tcp|udp|sctp].")
    var expose: [String] = []

    @Option(help: "The address in its first network.")
    var ip: String?

    @Option(help: "The link-layer address of its first interface.")
    var macAddress: String?

    @Option(name: .shortAndLong, help: "Where the command begins, inside. [/, or what the image says]")
    var workdir: String?

    @Option(name: .shortAndLong, help: "Who runs the command: NAME|UID[:GROUP|GID]. [0]")
    var user: String?

    @Option(help: "A further group of that user, by name or number.")
    var groupAdd: [String] = []

    @Option(help: "The program that gets the command as arguments.")
    var entrypoint: String?

    @Flag(
        name: .customLong("init"), inversion: .prefixedNo,
        help: "Have an init as process 1, which reaps and passes signals on.")
    var hasInit = true

    @OptionGroup(title: "Root and mounts")
    var root: RootOptions

    @OptionGroup(title: "Rights")
    var security: SecurityOptions

    @OptionGroup(title: "Namespaces")
    var sharing: SharingOptions

    @OptionGroup(title: "Names")
    var names: NameOptions

    @OptionGroup(title: "Life")
    var life: LifeOptions

    @OptionGroup(title: "Limits")
    var limits: FixedLimitOptions

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
        var start = ContainerRunner.Start(
            detached: detach, input: interactive && !detach ? 0 : nil, terminal: tty && !detach ? 0 : nil)
        try life.complete(&start)
        let code = try runner.run(specification, start)
        if detach { try StandardStreams.writeOutput(Array((specification.id + "\n").utf8)) }
        throw ExitCode(code)
    }

    func specification(_ runner: ContainerRunner) throws -> ContainerSpecification {
        var arguments = command
        if arguments.first == "--" {
            arguments.removeFirst()
        } else if let first = arguments.first, first.hasPrefix("-") {
            throw RunnerError.invalid(option: "run", value: first, expected: "an option; see hawser run --help")
        }
        let directory = try Files.realPath(".")
        let id = ContainerStore.newID()
        var result = ContainerSpecification(
            id: id, name: name ?? String(id.prefix(12)), command: arguments, createdAt: Clock.realtimeNanoseconds())
        result.network = try NetworkMode(network)
        result.sharing = try sharing.settings()
        result.sharing.identifiers = try runner.assigned(result.sharing.identifiers)
        result.hostname = try hostname ?? standardHostname(result)
        result.domainName = domainname
        try root.apply(to: &result, relativeTo: directory)
        result.security = try security.settings(relativeTo: directory)
        result.names = names.settings()
        let image = try root.image.map { try places.image(for: $0) }
        if let image { result.root.source = image.source(asked: root.image ?? "") }
        let settings = image?.configuration
        if let entrypoint {
            result.command.insert(entrypoint, at: 0)
        } else if let settings {
            result.command = settings.entrypoint + (arguments.isEmpty ? settings.command : arguments)
        }
        if result.command.isEmpty { result.command = ["/bin/sh"] }
        result.workingDirectory = workdir ?? settings?.workingDirectory.nonEmpty ?? "/"
        guard result.workingDirectory.hasPrefix("/") else {
            throw RunnerError.invalid(option: "-w", value: result.workingDirectory, expected: "an absolute path")
        }
        let account = try runner.resolveUser(user ?? settings?.user.nonEmpty ?? "0", groups: groupAdd, in: result.root)
        result.user = account.user
        result.ports = try publish.map { try PortMapping($0) }
        if publishAll {
            let exposed =
                try expose.map { try ExposedPort($0) }
                + (settings?.exposedPorts.map { try ExposedPort($0.description) } ?? [])
            result.ports += try runner.published(exposed, beside: result.ports)
        }
        result.address = ip
        result.mac = macAddress
        result.hasInit = hasInit
        result.limits = try limits.limits()
        result.interactive = interactive
        result.terminal = tty
        result.removeAtEnd = remove
        result.environment = try environment(
            hostname: result.hostname, home: account.home ?? (account.user.user == 0 ? "/root" : "/"),
            image: settings?.environment ?? [])
        result.life = try life.settings(removesAtEnd: remove)
        result.life.keepsInputOpen = detach
        if life.stopSignal == nil, let signal = settings?.stopSignal.nonEmpty.flatMap({ Signal($0) }) {
            result.life.stopSignal = signal
        }
        return result
    }

    private func environment(hostname: String, home: String, image: [String]) throws -> [String] {
        let standard = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=\(hostname)"]
        let terminal = tty ? ["TERM=\(Environment.value("TERM") ?? "xterm")"] : []
        return EnvironmentList(standard + ["HOME=\(home)"] + terminal).merging(image)
            .merging(try envFile.flatMap { try Self.variables(inFile: $0) }.given())
            .merging(env.given()).entries
    }

    /// The lines of a file of variables; "#" begins a comment.
    static func variables(inFile path: String) throws -> [String] {
        guard let content = try Files.readIfPresent(path, limit: 1 << 20) else {
            throw RunnerError.invalid(option: "--env-file", value: path, expected: "a file that exists")
        }
        return String(decoding: content, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
    }

    /// The container's name; the host's where its name is the host's.
    private func standardHostname(_ specification: ContainerSpecification) throws -> String {
        guard specification.network != .host, specification.sharing.uts != .host else { return try hostName() }
        return String(specification.name.prefix(63))
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
