internal import ArgumentParser
internal import ContainerRunner
internal import ContainerShim
internal import LinuxSystem

/// How a container lives and ends: the flags of `run` and `create` about it.
struct LifeOptions: ParsableArguments {
    @Option(help: "Start it again when it has ended: no, on-failure[:MAXIMUM], always, unless-stopped. [no]")
    var restart: String?

    @Option(help: "How output is kept: lines, json (or json-file), raw, none. [lines]")
    var logDriver: String?

    @Option(help: "Begin a new log file before one grows beyond this: 10m, 64k. [no limit]")
    var logMaxSize: String?

    @Option(help: "Keep so many log files; with 1 a full one is thrown away. [1]")
    var logMaxFiles: Int?

    @Option(help: "docker's spelling of the above: max-size=SIZE or max-file=COUNT.")
    var logOpt: [String] = []

    @Option(help: "The signal that stop asks with. [TERM]")
    var stopSignal: String?

    @Option(help: "Seconds that stop waits before it kills; -1 for ever. [10]")
    var stopTimeout: Int?

    @Option(help: "Write the container's id to this file, which must not exist.", completion: .file())
    var cidfile: String?

    @Option(help: "Write the process id of the container's init to this file.", completion: .file())
    var pidfile: String?

    @Option(name: .shortAndLong, help: "Note NAME or NAME=VALUE about the container.")
    var label: [String] = []

    @Option(help: "Read labels from a file, one on each line.", completion: .file())
    var labelFile: [String] = []

    @Flag(inversion: .prefixedNo, help: "Send signals that arrive here to the command.")
    var sigProxy = true

    @Option(help: "The keys that leave the container running. [ctrl-p,ctrl-q]")
    var detachKeys: String?

    /// The settings that these flags ask for.
    func settings(removesAtEnd: Bool) throws -> LifeSettings {
        var life = LifeSettings()
        if let restart {
            guard let policy = RestartPolicy(restart) else {
                throw RunnerError.invalid(
                    option: "--restart", value: restart,
                    expected: "no, on-failure, on-failure:MAXIMUM, always or unless-stopped")
            }
            guard !removesAtEnd || policy == .no else {
                throw RunnerError.invalid(
                    option: "--restart", value: restart,
                    expected: "possible with --rm: nothing is left to start again; leave out one of them")
            }
            life.restart = policy
        }
        life.log = try log()
        if let stopSignal {
            guard let signal = Signal(stopSignal) else {
                throw RunnerError.invalid(option: "--stop-signal", value: stopSignal, expected: "a signal")
            }
            life.stopSignal = signal
        }
        if let stopTimeout {
            guard stopTimeout >= -1 else {
                throw RunnerError.invalid(
                    option: "--stop-timeout", value: String(stopTimeout),
                    expected: "a number of seconds, or -1 for ever")
            }
            life.stopTimeout = stopTimeout
        }
        life.labels = try labels()
        return life
    }

    private func log() throws -> LogSettings {
        var settings = LogSettings()
        var (size, files) = (logMaxSize, logMaxFiles.map(String.init))
        var names = (size: "--log-max-size", files: "--log-max-files")
        for option in logOpt {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("max-size", 2): (size, names.size) = (parts[1], "--log-opt max-size")
            case ("max-file", 2): (files, names.files) = (parts[1], "--log-opt max-file")
            default:
                throw RunnerError.invalid(
                    option: "--log-opt", value: option, expected: "max-size=SIZE or max-file=COUNT")
            }
        }
        if let logDriver {
            guard let driver = LogSettings.Driver(option: logDriver) else {
                throw RunnerError.invalid(
                    option: "--log-driver", value: logDriver, expected: "lines, json (or json-file), raw or none")
            }
            settings.driver = driver
        }
        if let size {
            guard let bytes = ByteCount(size)?.value, bytes > 0 else {
                throw RunnerError.invalid(
                    option: names.size, value: size, expected: "a size above 0, as 10m, 64k or 1000000")
            }
            settings.maximumSize = bytes
        }
        if let files {
            guard let count = Int(files), (1...1000).contains(count) else {
                throw RunnerError.invalid(option: names.files, value: files, expected: "a number from 1 to 1000")
            }
            guard count == 1 || size != nil else {
                throw RunnerError.invalid(
                    option: names.files, value: files, expected: "possible without a size: add --log-max-size SIZE")
            }
            settings.maximumFiles = count
        }
        guard settings.driver != .none || (size == nil && files == nil) else {
            throw RunnerError.invalid(
                option: size != nil ? names.size : names.files, value: size ?? files ?? "",
                expected: "possible with --log-driver none: nothing is kept")
        }
        return settings
    }

    /// Labels of files first, so that the command line has the last word.
    private func labels() throws -> [String] {
        var lines: [String] = []
        for path in labelFile {
            guard let content = try Files.readIfPresent(path, limit: 1 << 20) else {
                throw RunnerError.invalid(option: "--label-file", value: path, expected: "a file that exists")
            }
            lines += String(decoding: content, as: UTF8.self).split(separator: "\n").map(String.init)
                .filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
        }
        let entries = (lines + label).map { $0.contains("=") ? $0 : $0 + "=" }
        if let nameless = entries.first(where: { $0.hasPrefix("=") }) {
            throw RunnerError.invalid(option: "--label", value: nameless, expected: "NAME or NAME=VALUE")
        }
        return EnvironmentList(entries).entries.sorted()
    }

    /// What these flags say of a start.
    func complete(_ start: inout ContainerRunner.Start) throws {
        start.forwardsSignals = sigProxy
        start.detachKeys = try detachKeys.map { try DetachKeys($0) } ?? .standard
        start.cidFile = cidfile
        start.pidFile = pidfile
    }
}

extension LogSettings.Driver {
    /// Reads a driver's name; docker's and podman's names of the same formats are taken as well.
    fileprivate init?(option: String) {
        switch option {
        case "json-file": self = .json
        case "k8s-file": self = .lines
        default: self.init(rawValue: option)
        }
    }
}
