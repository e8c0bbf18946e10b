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
        /// The keys that leave the command running, at a terminal.
        public var detachKeys = DetachKeys.standard

        /// A command with the container's own settings.
        public init(command: [String]) { self.command = command }
    }

    /// Runs a command in all namespaces of a running container; returns its exit status, or 0 at once when detached.
    ///
    /// This program may be executed again to protect its file: nothing of a caller's own state survives the call.
    public func execute(_ execution: Execution, in key: String) throws(RunnerError) -> Int32 {
        try during("protecting this program's file") { () throws(SystemError) in try SealedExecutable.seal() }
        let container = try store.find(key)
        // A process that begins in a paused container would not begin.
        if case .paused = container.state { throw .container(container.specification.name, Self.paused) }
        guard let live = container.live else { throw .notRunning(container.specification.name) }
        let first = try during("looking for the container's first process") { () throws(SystemError) in
            try ProcessHandle.open(live.first.identifier, startTime: live.first.startTime)
        }
        guard let first else { throw .notRunning(container.specification.name) }
        let user = try execution.user.map { text throws(RunnerError) in
            try resolveUser(text, in: container.specification.root).user
        }
        let plan = try store.plan(of: container.specification.id)
        let what = "executing in container \(container.specification.name)"
        var tending = try during(what) { () throws(SystemError) in
            try enter(execution, container, first, user: user ?? container.specification.user, plan)
        }
        do throws(SystemError) {
            if let code = try tending.tend() { return code }
        } catch {
            throw .system(error, during: what)
        }
        try leave(tending, container)
        return 0
    }

    static let paused = "it is paused: unpause it first"

    /// Hands a command's terminal to the container's shim, so that the command goes on.
    private func leave(_ tending: borrowing ExecutionTending, _ container: Container) throws(RunnerError) {
        let name = container.specification.name
        guard let line = try line(to: container.specification.id),
            try line.request(.adopt, carrying: tending.terminalDescriptor, of: name)
        else { throw .notRunning(name) }
        notice("left; it runs on in \(name)")
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
            do throws(SystemError) {
                return String(decoding: try Files.readInside(directory, path, limit: 8 << 20), as: UTF8.self)
            } catch {
                // A layer that has something else there, as a whiteout, hides what those below it have.
                guard error.errno == .noEntry || error.errno == .notDirectory else { return "" }
            }
        }
        return ""
    }

    private func enter(
        _ execution: Execution, _ container: Container, _ first: borrowing ProcessHandle,
        user: ContainerSpecification.LaunchUser, _ plan: LaunchPlan
    ) throws(SystemError) -> ExecutionTending {
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
        return ExecutionTending(control, signals, execution)
    }
}
