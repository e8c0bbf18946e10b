internal import JSON
internal import LinuxSystem

extension Runtime {
    /// Brings a launched process to its gate, records it, and opens the gate.
    func finish(
        _ creation: Creation, _ record: inout ContainerRecord, _ launched: borrowing LaunchedProcess, pidFile: String?
    ) throws(OCIError) -> OwnedDescriptor? {
        let identifier = launched.handle.identifier
        var terminal = try awaitReady(creation, &record, launched)
        try creation.process.schedule(identifier)
        try store.write(record)
        if let console = creation.consoleSocket, let taken = terminal.take() {
            try attempting("give the terminal away") { () throws(SystemError) in
                try Terminal.send(taken, toConsole: console)
            }
        }
        if let pidFile { try write(identifier, to: pidFile) }
        try attempting("") { () throws(SystemError) in try launched.control.openGate() }
        return terminal
    }

    func write(_ identifier: Int32, to pidFile: String) throws(OCIError) {
        try attempting("write the process id") { () throws(SystemError) in
            try Files.replace(pidFile, Array(String(identifier).utf8), mode: 0o644)
        }
    }

    private func awaitReady(
        _ creation: Creation, _ record: inout ContainerRecord, _ launched: borrowing LaunchedProcess
    ) throws(OCIError) -> OwnedDescriptor? {
        let identifier = launched.handle.identifier
        let started = try attempting("") { () throws(SystemError) in try ProcessHandle.startTime(of: identifier) }
        if let started { record.process = .init(identifier: identifier, startTime: started) }
        while var report = try Self.next(launched.control) {
            switch report.event {
            case .ready: return report.takeTerminal()
            case .namespaces:
                let hooks = creation.specification.hooks
                let state = record.state(.creating).text()
                try run(hooks.prestart, "prestart", state)
                try run(hooks.createRuntime, "createRuntime", state)
                try attempting("") { () throws(SystemError) in try launched.control.sendState(state) }
            case .process: continue
            case .failed(let error): throw Self.explained(error)
            case .notExecuted(let command, let errno): throw Self.notExecuted(command, errno)
            }
        }
        throw .refused("the container's first process was killed before it was ready")
    }

    static func next(_ control: borrowing LaunchControl) throws(OCIError) -> LaunchReport? {
        try attempting("") { () throws(SystemError) in try control.next() }
    }

    /// Runs hooks in the runtime's namespaces.
    func run(_ hooks: [Hook], _ kind: String, _ state: String) throws(OCIError) {
        guard !hooks.isEmpty, let problem = hooks.list().run(state: state) else { return }
        throw .refused("\(kind) hook \(problem)")
    }

    /// A step of the child half that failed; a hook that failed has said all there is to say.
    static func explained(_ error: SystemError) -> OCIError {
        error.errno == .canceled
            ? .refused(error.operation) : .failed(action: "unable to start container process", error)
    }

    /// In the words by which callers tell a missing command from a forbidden one.
    static func notExecuted(_ command: String, _ errno: Errno) -> OCIError {
        let start = "unable to start container process: exec: \"\(command)\": "
        if errno == .noEntry, !command.utf8.contains(UInt8(ascii: "/")) {
            return .command(start + "executable file not found in $PATH")
        }
        switch errno {
        case .noEntry: return .command(start + "stat \(command): no such file or directory")
        case .accessDenied: return .command(start + "permission denied")
        case .isDirectory: return .command(start + "is a directory")
        default: return .command(start + errno.description)
        }
    }

    /// `start`: lets a created container's command run.
    func start(_ id: String) throws(OCIError) -> CInt {
        guard let lock = try store.lock(id) else { throw .refused("container \"\(id)\" does not exist") }
        defer { lock.keepHeld() }
        let record = try store.existing(id)
        let status = try status(of: record)
        switch status {
        case .created: break
        case .stopped: throw .refused("cannot start a container that has stopped")
        case .running, .paused: throw .refused("cannot start an already running container")
        case .creating: throw .refused("cannot start a container in the creating state")
        }
        try start(record)
        let hooks = try store.specification(id).hooks
        do throws(OCIError) {
            try run(hooks.poststart, "poststart", record.state(.running).text())
        } catch {
            // The container runs: the specification asks for a warning.
            log.write(.warning, error.description)
        }
        return 0
    }

    private func start(_ record: ContainerRecord) throws(OCIError) {
        let control = try attempting("wake the container") { () throws(SystemError) in
            let directory = try Directory.open(store.directory(record.id))
            let control = try StartSocket.connect(in: directory)
            try control.sendState(record.state(.created).text())
            try directory.remove(StartSocket.name)
            return control
        }
        while let report = try Self.next(control) {
            switch report.event {
            case .failed(let error): throw Self.explained(error)
            case .notExecuted(let command, let errno): throw Self.notExecuted(command, errno)
            case .ready, .namespaces, .process: continue
            }
        }
    }
}
