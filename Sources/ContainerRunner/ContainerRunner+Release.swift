internal import ContainerShim
internal import ControlGroups
public import LinuxSystem

extension ContainerRunner {
    private static let shimPatience = 120_000  // milliseconds: a shim may wait for a plugin's DEL

    /// Gives back what a container that has ended held: networks, control group, and with `--rm` its state.
    ///
    /// The shim asks for it when nobody else did; a second time there is nothing to do.
    public func release(_ id: String) throws(RunnerError) {
        guard let container = try store.load(id) else { return }
        try release(container.specification, remove: container.specification.removeAtEnd)
    }

    /// Each step is tried, whatever became of the one before; the first failure is thrown in the end.
    func release(_ specification: ContainerSpecification, remove: Bool) throws(RunnerError) {
        let id = specification.id
        var failures: [RunnerError] = []
        func attempt(_ body: () throws(RunnerError) -> Void) {
            do throws(RunnerError) { try body() } catch { failures.append(error) }
        }
        attempt { () throws(RunnerError) in try detachAll(specification) }
        attempt { () throws(RunnerError) in
            let group = try ContainerGroups.observe(paths).find(id)
            if !group.remove() { notice("\(group.directories.joined(separator: ", ")) is still in use") }
        }
        // What could not be given back is needed to try again: then the state stays.
        if failures.isEmpty, remove {
            attempt { () throws(RunnerError) in try store.remove(id, name: specification.name) }
        } else if failures.isEmpty {
            attempt { () throws(RunnerError) in
                try during("removing the record of processes") { () throws(SystemError) in
                    try Files.removeTree(paths.run(of: id))
                }
            }
        }
        if failures.count > 1 { throw .several(failures) }
        if let failure = failures.first { throw failure }
    }

    /// DEL for every attachment, the last one first; only one process at a time does it.
    func detachAll(_ specification: ContainerSpecification) throws(RunnerError) {
        let state = paths.state(of: specification.id)
        guard !(try NetworkRecord.read(state)).isEmpty else { return }
        let lock = try NetworkRecord.lock(state)
        defer { lock.keepHeld() }
        var kept: [NetworkAttachment] = []
        var failures: [RunnerError] = []
        for attachment in try NetworkRecord.read(state).reversed() {
            do throws(RunnerError) {
                try networks.detach(attachment, specification)
            } catch {
                kept.insert(attachment, at: 0)
                failures.append(error)
            }
        }
        try NetworkRecord.write(kept, state)
        if failures.count > 1 { throw .several(failures) }
        if let failure = failures.first { throw failure }
    }

    /// Asks a container to end, and ends it when it does not within `milliseconds`; waits until all is released.
    ///
    /// Without a signal or a time those count that it was made with. Its policy does not start it again.
    public func stop(_ key: String, signal: Signal? = nil, milliseconds: Int? = nil) throws(RunnerError) {
        let container = try store.find(key)
        let id = container.specification.id
        let shim = try store.shim(of: id)
        if container.isActive, let line = try line(to: id) {
            // From its answer on there is no new start: what runs then is what has to end.
            _ = try line.request(.stopping, of: container.specification.name)
            try endCommand(container.specification, signal: signal, milliseconds: milliseconds)
        }
        try waitForShim(shim)
    }

    /// Waits until a container's shim has ended: it outlives the command until everything is released, by whomever.
    func waitForShim(_ process: LiveRecord.Process?) throws(RunnerError) {
        guard let process else { return }
        try during("waiting for the container's shim") { () throws(SystemError) in
            guard let shim = try ProcessHandle.open(process.identifier, startTime: process.startTime) else { return }
            if try shim.waitForEnd(milliseconds: Self.shimPatience) { return }
            try shim.send(.kill)
            _ = try shim.waitForEnd(milliseconds: 1000)
        }
    }

    /// Removes a container and all it left; one that still lives only with `force`.
    public func remove(_ key: String, force: Bool) throws(RunnerError) {
        let id = try store.id(of: key)
        // Read before the container: one that ends meanwhile is still being released by its shim.
        let shim = try store.shim(of: id)
        guard let container = try store.load(id) else { return }
        switch container.state {
        case .created where !isHeld(id), .exited, .dead: break
        case .created, .running, .paused, .restarting:
            guard force else { throw .running(container.specification.name) }
            if container.isActive, let line = try line(to: id) {
                _ = try line.request(.stopping, of: container.specification.name)
            }
            try ContainerGroups.observe(paths).find(id).kill()
            try endCommand(container.specification, signal: .kill, milliseconds: 1000)
        }
        try endMaking(id)
        // Two who release at once would take away what the other works on.
        try waitForShim(shim)
        try release(container.specification, remove: true)
    }

    /// Whether someone makes the container, or it waits at its gate.
    private func isHeld(_ id: String) -> Bool { Files.exists(paths.run(of: id) + "/" + ContainerStore.makingLock) }

    /// Waits until nobody makes the container any more.
    private func endMaking(_ id: String) throws(RunnerError) {
        let run = paths.run(of: id)
        guard Files.exists("\(run)/\(ContainerStore.makingLock)") else { return }
        try during("waiting for the container's making") { () throws(SystemError) in
            let directory = try Directory.open(run)
            let lock = try FileLock.acquire(
                ContainerStore.makingLock, in: directory, mode: 0o600, milliseconds: 10_000)
            lock.keepHeld()
        }
    }
}
