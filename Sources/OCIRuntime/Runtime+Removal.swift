internal import ControlGroups
internal import JSON
internal import LinuxSystem

extension Runtime {
    /// `kill`: sends a signal.
    func kill(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let record = try store.existing(options.arguments[0])
        let text = options.arguments.count > 1 ? options.arguments[1] : "TERM"
        guard let signal = Signal(text) else { throw .usage("unknown signal \"\(text)\"") }
        if options.has("all") {
            try sendToAll(signal, record)
        } else if try !send(signal, to: record) {
            throw .refused("container not running")
        }
        return 0
    }

    private func send(_ signal: Signal, to record: ContainerRecord) throws(OCIError) -> Bool {
        guard let process = try process(of: record) else { return false }
        return try attempting("send \(signal)") { () throws(SystemError) in try process.send(signal) }
    }

    private func sendToAll(_ signal: Signal, _ record: ContainerRecord) throws(OCIError) {
        guard let group = try record.group() else {
            _ = try send(signal, to: record)
            return
        }
        if signal == .kill { return group.kill() }
        try attempting("send \(signal)") { () throws(SystemError) in
            for process in try group.processes() {
                if let handle = try ProcessHandle.open(process) { try handle.send(signal) }
            }
        }
    }

    /// `delete`: removes what a stopped container holds.
    func delete(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let id = options.arguments[0]
        let force = options.has("force")
        guard let lock = try store.lock(id) else {
            if force { return 0 }
            throw .refused("container \"\(id)\" does not exist")
        }
        defer { lock.keepHeld() }
        guard let record = try store.record(id) else {
            // Its maker was killed before there was anything to hold.
            guard force else { throw .refused("container \"\(id)\" does not exist") }
            try store.remove(id)
            return 0
        }
        let status = try status(of: record)
        if status != .stopped {
            guard force || status == .created else {
                throw .refused("cannot delete container \(id) that is not stopped: \(status.rawValue)")
            }
            try end(record)
        }
        try remove(record)
        return 0
    }

    /// How long a killed process may take to go: one that waits for a disk goes when the disk has answered.
    private static let endMilliseconds = 10_000

    /// Kills what runs in a container, and waits until it is gone.
    func end(_ record: ContainerRecord) throws(OCIError) {
        guard let process = try process(of: record) else { return }
        let isGone = try attempting("kill the container") { () throws(SystemError) in
            try process.send(.kill)
            return try process.waitForEnd(milliseconds: Self.endMilliseconds)
        }
        guard isGone else { throw .refused("container \(record.id) does not end, though it was sent SIGKILL") }
    }

    /// Removes what a container without a first process holds, and runs its last hooks.
    func remove(_ record: ContainerRecord) throws(OCIError) {
        let isGone = try record.group()?.remove() ?? true
        guard isGone else { throw .refused("the control group of container \(record.id) cannot be removed") }
        let hooks = try? store.specification(record.id).hooks.poststop
        try store.remove(record.id)
        do throws(OCIError) {
            try run(hooks ?? [], "poststop", record.state(.stopped).text())
        } catch {
            // The container is gone: the specification asks for a warning.
            log.write(.warning, error.description)
        }
    }
}
