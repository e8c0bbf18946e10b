internal import LinuxSystem

extension Runtime {
    /// `kill`: sends a signal.
    func kill(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let record = try store.existing(options.arguments[0])
        let text = options.arguments.count > 1 ? options.arguments[1] : "TERM"
        guard let signal = Signal(text) else { throw .usage("unknown signal \"\(text)\"") }
        guard try send(signal, to: record) else { throw .refused("container not running") }
        return 0
    }

    private func send(_ signal: Signal, to record: ContainerRecord) throws(OCIError) -> Bool {
        guard let process = try process(of: record) else { return false }
        return try attempting("send \(signal)") { () throws(SystemError) in try process.send(signal) }
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

    /// Removes what a container without processes holds, and runs its last hooks.
    func remove(_ record: ContainerRecord) throws(OCIError) {
        try store.remove(record.id)
    }
}
