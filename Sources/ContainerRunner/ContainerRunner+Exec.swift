internal import ContainerShim
internal import LinuxSystem

extension ContainerRunner {
    /// A command to run in a container that runs.
    public struct Execution {
        /// The program and its arguments.
        public var command: [String]
        /// "NAME=value", beside what the container's command was given.
        public var environment: [String] = []
        /// Where it begins; nil where the container's command began.
        public var workingDirectory: String?
        /// Who runs it, as `--user` says; nil for who runs the container's command.
        public var user: String?
        /// Whether it goes on without the runner.
        public var detached = false
        /// Whether it reads the runner's input.
        public var interactive = false
        /// Whether its streams are a terminal of the container.
        public var terminal = false
        /// Whether it may do all that the host's root may do.
        public var privileged = false

        /// A command with the container's own settings.
        public init(command: [String]) { self.command = command }
    }

    /// Runs a command in all namespaces of a running container; returns its exit status, or 0 at once when detached.
    ///
    /// This program may be executed again to protect its file: nothing of a caller's own state survives the call.
    public func execute(_ execution: Execution, in key: String) throws(RunnerError) -> Int32 {
        try during("protecting this program's file") { () throws(SystemError) in try SealedExecutable.seal() }
        let container = try store.find(key)
        guard let live = container.live else { throw .notRunning(container.specification.name) }
        let first = try during("looking for the container's first process") { () throws(SystemError) in
            try ProcessHandle.open(live.first.identifier, startTime: live.first.startTime)
        }
        guard let first else { throw .notRunning(container.specification.name) }
        // A process that begins in a paused container would not begin.
        if case .paused = container.state {
            throw .container(container.specification.name, "it is paused: unpause it first")
        }
        let user = try execution.user.map { text throws(RunnerError) in
            try resolveUser(text, in: container.specification.root).user
        }
        let plan = try store.plan(of: container.specification.id)
        do throws(SystemError) {
            return try enter(execution, container, first, user: user ?? container.specification.user, plan)
        } catch {
            throw .system(error, during: "executing in container \(container.specification.name)")
        }
    }

    /// Who a `--user` option means, by the files of the container's root; `groups` are further ones.
    public func resolveUser(_ text: String, groups: [String] = [], in root: RootSettings) throws(RunnerError) -> (
        user: ContainerSpecification.LaunchUser, home: String?
    ) {
        let group = rootText("/etc/group", root)
        var found = try UserLookup.resolve(text, passwd: rootText("/etc/passwd", root), group: group)
        for name in groups { found.user.supplementary.append(try UserLookup.group(name, group: group)) }
        return found
    }

    private func rootText(_ path: String, _ root: RootSettings) -> String {
        for directory in root.searched {
            if let text = try? Files.readInside(directory, path, limit: 8 << 20) {
                return String(decoding: text, as: UTF8.self)
            }
        }
        return ""
    }

    private func enter(
        _ execution: Execution, _ container: Container, _ first: borrowing ProcessHandle,
        user: ContainerSpecification.LaunchUser, _ plan: LaunchPlan
    ) throws(SystemError) -> Int32 {
        let specification = container.specification
        var launch = ContainerLaunch()
        launch.setCommand(
            execution.command,
            environment: EnvironmentList(specification.environment).merging(execution.environment).entries)
        launch.setDirectories(
            state: "", working: execution.workingDirectory ?? specification.workingDirectory)
        launch.setUser(user.user, group: user.group, supplementary: user.supplementary)
        let held = try plan.admit(&launch, isPrivileged: execution.privileged)
        var flags: ContainerLaunch.Flags = plan.noNewPrivileges && !execution.privileged ? .noNewPrivileges : []
        if execution.detached { flags.insert(.detached) }
        if execution.terminal {
            flags.insert(.terminal)
            if let size = Terminal.size(of: 0) { launch.setTerminalSize(size) }
        }
        launch.setFlags(flags)
        let nothing = try OwnedDescriptor.readingAndWriting("/dev/null")
        let output: (CInt, CInt) = execution.detached ? (nothing.rawValue, nothing.rawValue) : (1, 2)
        launch.setStreams(
            input: execution.interactive && !execution.detached ? 0 : nothing.rawValue, output: output.0,
            error: output.1)
        // Before there is a command to forward them to.
        let signals = try SignalDescriptor.open(Signal.requests + (execution.terminal ? [.windowChanged] : []))
        let control = try launch.enter(first)
        _ = held.count
        return try ExecutionTending.tend(control, signals, execution)
    }
}

/// A command in a container from its start to its end.
enum ExecutionTending {
    static func tend(
        _ control: borrowing LaunchControl, _ signals: borrowing SignalDescriptor,
        _ execution: ContainerRunner.Execution
    ) throws(SystemError) -> Int32 {
        var process: Int32?
        var terminal: OwnedDescriptor?
        var refusal: (code: Int32, reason: String)?
        while var report = try control.next() {
            switch report.event {
            case .process(let identifier): process = identifier
            case .ready: terminal = report.takeTerminal()
            case .namespaces: break
            case .failed(let error): refusal = (125, error.description)
            case .notExecuted(let command, let errno):
                refusal = (errno == .noEntry ? 127 : 126, "cannot execute \(command): \(errno)")
            }
        }
        if refusal == nil, let process {
            try relay(terminal, isTyped: execution.terminal && execution.interactive, signals, until: process)
        }
        // Closed before the command is waited for: one that goes on without its terminal learns that it is gone.
        _ = terminal.take()
        let status = try process.map { child throws(SystemError) in try ProcessHandle.reap(child) }
        if let refusal {
            StandardStreams.writeError("hawser: \(refusal.reason)\n")
            return refusal.code
        }
        switch status {
        case .exited(let code): return Int32(code)
        case .signaled(let signal): return 128 + Int32(signal)
        case nil: return 125
        }
    }

    /// Signals to the command, keys to its terminal and that one's output to ours, until the command has ended.
    private static func relay(
        _ terminal: borrowing OwnedDescriptor?, isTyped: Bool, _ signals: borrowing SignalDescriptor,
        until child: Int32
    ) throws(SystemError) {
        guard let handle = try ProcessHandle.open(child) else { return }
        // Whoever ends here leaves an orphan in the container, and nobody to ask how it ended.
        Streams.surviveBrokenPipes()
        let output: CInt =
            switch terminal {
            case .some(let open): open.rawValue
            case .none: -1
            }
        let raw = isTyped && Terminal.isTerminal(0) ? try Terminal.enterRawMode(0) : nil
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var typing = isTyped
        while true {
            let said = try Poll.wait(for: [
                handle.rawDescriptor, output, typing ? 0 : -1, signals.rawDescriptor,
            ])
            if said[1], let count = try Streams.readSome(from: output, into: &buffer) {
                if count == 0 || Streams.deliver(buffer, count: count, to: 1) == .noReader { break }
                continue
            }
            if said[2], let count = try Streams.readSome(from: 0, into: &buffer) {
                typing = count > 0 && Streams.write(buffer, count: count, to: output)
            }
            if said[3], let signal = try signals.next() {
                if signal != .windowChanged {
                    try handle.send(signal)
                } else if let size = Terminal.size(of: 0) {
                    try? Terminal.resize(output, to: size)
                }
            }
            if said[0] { break }
        }
        switch raw {
        case .some(let mode): mode.keepHeld()
        case .none: break
        }
    }
}
