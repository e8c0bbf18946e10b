internal import ControlGroups
internal import JSON
internal import LinuxSystem

extension Runtime {
    /// `exec`: runs a further process in a container.
    func execute(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let id = options.arguments[0]
        let record = try store.existing(id)
        let status = try status(of: record)
        switch status {
        case .running, .created: break
        case .paused where options.has("ignore-paused"): break
        case .paused: throw .refused("cannot exec in a paused container (use --ignore-paused to override)")
        case .stopped, .creating: throw .refused("cannot exec in a stopped container")
        }
        let specification = try store.specification(id)
        let hasOwnRights = specification.linux.namespace(.user) != nil
        let process = PreparedProcess(try wanted(options, specification), hasOwnRights: hasOwnRights)
        for warning in process.warnings { log.write(.warning, warning) }
        let socket = options.value("console-socket") ?? ""
        let isDetached = options.has("detach")
        if process.process.terminal, socket.isEmpty, isDetached {
            throw .usage("cannot allocate tty if the runtime will detach without setting console socket")
        }
        if !socket.isEmpty, !process.process.terminal || !isDetached {
            throw .usage("cannot use console socket if the runtime will not detach or allocate tty")
        }
        let foreground = isDetached ? nil : try Foreground.open()
        process.ownStreams(specification.linux.userMappings)
        var entered = try enter(record, process, preserved: try preserved(options))
        if !socket.isEmpty, let taken = entered.takeTerminal() {
            try attempting("give the terminal away") { () throws(SystemError) in
                try Terminal.send(taken, toConsole: socket)
            }
        }
        if let pidFile = options.value("pid-file") { try write(entered.identifier, to: pidFile) }
        let identifier = entered.identifier
        let terminal = entered.takeTerminal()
        switch foreground {
        case .none: return 0
        case .some(let foreground): return try foreground.wait(for: identifier, terminal: terminal)
        }
    }

    /// The process that the options describe: of a file, or of the container with what they say.
    private func wanted(_ options: ParsedOptions, _ specification: RuntimeSpecification) throws(OCIError)
        -> ProcessSpecification
    {
        if let path = options.value("process") {
            let content = try attempting("") { () throws(SystemError) in
                try Files.read(path, limit: StateStore.fileLimit)
            }
            return try ProcessSpecification.decode(content, file: path)
        }
        guard var process = specification.process else { throw .refused("the container has no process to follow") }
        let command = Array(options.arguments.dropFirst())
        guard !command.isEmpty else { throw .usage("exec needs a command, or --process") }
        process.arguments = command
        process.terminal = options.has("tty")
        process.consoleSize = nil
        process.environment += options.values("env")
        if let directory = options.value("cwd") { process.workingDirectory = directory }
        if options.has("no-new-privs") { process.noNewPrivileges = true }
        if let user = options.value("user") { process.user = try Self.user(user) }
        for text in options.values("additional-gids") {
            guard let group = UInt32(text) else { throw .usage("--additional-gids must be a number, not \(text)") }
            process.user.additionalGroups.append(group)
        }
        var sets = process.capabilities ?? CapabilitySets()
        for name in options.values("cap") {
            guard let bit = CapabilitySets.bit(name) else { throw .usage("--cap: no such capability: \(name)") }
            sets.add(bit)
        }
        process.capabilities = sets
        return process
    }

    private static func user(_ text: String) throws(OCIError) -> ProcessUser {
        let parts = splitText(text, UInt8(ascii: ":"))
        guard parts.count <= 2, let user = UInt32(parts[0]), let group = UInt32(parts.count == 2 ? parts[1] : "0")
        else {
            throw .usage("--user must be UID or UID:GID, not \(text)")
        }
        return ProcessUser(user: user, group: group)
    }

    private func enter(_ record: ContainerRecord, _ process: PreparedProcess, preserved: Int) throws(OCIError)
        -> EnteredProcess
    {
        guard let target = try self.process(of: record) else { throw .refused("cannot exec in a stopped container") }
        var filter: PreparedFilter?
        if let flags = record.filterFlags {
            let program = try attempting("") { () throws(SystemError) in
                try Files.read(store.file(record.id, "filter"), limit: StateStore.fileLimit)
            }
            filter = PreparedFilter(program: program, flags: flags)
        }
        var launch = ContainerLaunch()
        process.fill(&launch, flags: [], filter: filter)
        launch.setWorkingDirectory(process.process.workingDirectory)
        launch.setPreserved(preserved)
        var held = HeldDescriptors()
        if let group = try record.group() { try add(group, to: &launch, &held) }
        let control = try attempting("enter the container") { () throws(SystemError) in try launch.enter(target) }
        held.keepHeld()
        var entered = EnteredProcess()
        while var report = try Self.next(control) {
            switch report.event {
            case .process(let identifier): entered.identifier = identifier
            case .ready: entered.setTerminal(report.takeTerminal())
            case .failed(let error): throw try entered.failed(Self.explained(error))
            case .notExecuted(let command, let errno): throw try entered.failed(Self.notExecuted(command, errno))
            case .namespaces: continue
            }
        }
        guard entered.identifier > 0 else { throw .refused("the process was killed before it began") }
        try process.schedule(entered.identifier)
        return entered
    }
}

/// A process that was executed into a container.
struct EnteredProcess: ~Copyable {
    /// Its number here; 0 until it is known.
    var identifier: Int32 = 0
    private var terminal: OwnedDescriptor?

    /// The controlling side of its terminal, once.
    mutating func takeTerminal() -> OwnedDescriptor? { terminal.take() }

    mutating func setTerminal(_ terminal: consuming OwnedDescriptor?) { self.terminal = terminal }

    /// Collects a process that could not begin.
    borrowing func failed(_ error: OCIError) throws(OCIError) -> OCIError {
        let child = identifier
        if child > 0 { _ = try attempting("") { () throws(SystemError) in try ProcessHandle.reap(child) } }
        return error
    }
}
