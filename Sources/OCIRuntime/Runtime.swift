internal import ControlGroups
internal import JSON
internal import LinuxSystem

/// The runtime with its choices of one command line; its verbs are in extensions.
struct Runtime {
    let store: StateStore
    let log: RuntimeLog
    /// Whether control groups are named as systemd names them.
    let namesGroupsBySlice: Bool
    /// How many sockets the caller hands on to the command.
    let listeners: Int

    init(_ options: ParsedOptions, sessionDirectory: String?, listeners: String?) throws(OCIError) {
        self.listeners = min(max(listeners.flatMap { Int($0) } ?? 0, 0), 1024)
        guard let format = RuntimeLog.Format(rawValue: options.value("log-format") ?? "text") else {
            throw .usage("--log-format must be text or json, not \(options.value("log-format") ?? "")")
        }
        let path = options.value("log") ?? ""
        log = RuntimeLog(path: path.isEmpty ? nil : path, format: format)
        let session = ProcessHandle.isRoot ? nil : sessionDirectory
        store = StateStore(options.value("root") ?? "\(session ?? "/run")/hawser-oci")
        namesGroupsBySlice = options.has("systemd-cgroup")
    }

    func perform(_ verb: Verb, _ options: ParsedOptions) throws(OCIError) -> CInt {
        switch verb {
        case .create: return try create(options)
        case .start: return try start(options.arguments[0])
        case .state: return try state(options.arguments[0])
        case .kill: return try kill(options)
        case .delete: return try delete(options)
        case .run: return try run(options)
        case .exec: return try execute(options)
        case .ps: return try listProcesses(options)
        case .pause: return try setPaused(true, options.arguments[0])
        case .resume: return try setPaused(false, options.arguments[0])
        case .update: return try update(options)
        case .events: return try reportEvents(options)
        case .list: return try list(options)
        case .spec: return try writeSpecification(options)
        case .features:
            let text = Features.document(seccomp: PreparedFilter.features).text(.indented(4, sortedKeys: false))
            return try OCICommand.say(text + "\n")
        }
    }

    /// Where a container is in its life.
    func status(of record: ContainerRecord) throws(OCIError) -> ContainerStatus {
        guard let process = record.process else { return .creating }
        let started = try attempting("") { () throws(SystemError) in
            try ProcessHandle.startTime(of: process.identifier)
        }
        guard started == process.startTime else { return .stopped }
        let isFrozen: Bool
        if let group = try record.group() {
            isFrozen = try attempting("") { () throws(SystemError) in try group.isFrozen() }
        } else {
            isFrozen = false
        }
        if isFrozen { return .paused }
        return Files.exists(store.file(record.id, StartSocket.name)) ? .created : .running
    }

    /// The container's first process; nil when it has ended.
    func process(of record: ContainerRecord) throws(OCIError) -> ProcessHandle? {
        guard let process = record.process else { return nil }
        return try attempting("") { () throws(SystemError) in
            try ProcessHandle.open(process.identifier, startTime: process.startTime)
        }
    }

    private func state(_ id: String) throws(OCIError) -> CInt {
        let record = try store.existing(id)
        return try OCICommand.say(record.state(try status(of: record)).text(.indented(2, sortedKeys: false)) + "\n")
    }

    private func writeSpecification(_ options: ParsedOptions) throws(OCIError) -> CInt {
        guard !options.has("rootless") else { throw .usage("--rootless: this runtime needs root") }
        let path = "\(options.value("bundle") ?? ".")/config.json"
        let text = SpecificationTemplate.document.text(.indented(4, sortedKeys: false)) + "\n"
        let isNew = try attempting("") { () throws(SystemError) in
            let (parent, name) = Files.split(path)
            return try Directory.open(parent).createExclusive(name, Array(text.utf8), mode: 0o644)
        }
        guard isNew else { throw .refused("\(path) exists: remove it first") }
        return 0
    }
}
