internal import ContainerShim
internal import ControlGroups
internal import LinuxSystem

/// Taking away what containers left; each thing is looked at again under the lock that keeps its owner from appearing.
extension ContainerLeaks {
    /// Removes leaks of containers; what could not be removed is thrown, after everything was tried.
    ///
    /// Processes first: nothing is taken from under one that lives.
    public func remove(_ leaks: [Leak], _ runner: ContainerRunner) throws(RunnerError) {
        var failures: [RunnerError] = []
        func attempt(_ body: () throws(RunnerError) -> Void) {
            do throws(RunnerError) { try body() } catch { failures.append(error) }
        }
        for leak in leaks where leak.kind == .process { attempt { () throws(RunnerError) in try end(leak) } }
        for leak in leaks where leak.kind == .controlGroup {
            attempt { () throws(RunnerError) in try removeGroup(leak.container) }
        }
        for leak in leaks where leak.kind == .mount { attempt { () throws(RunnerError) in try unmount(leak) } }
        let ids = leaks.filter { $0.kind == .container || $0.kind == .runDirectory }.map(\.container)
        for id in Set(ids).sorted() { attempt { () throws(RunnerError) in try release(id, leaks, runner) } }
        for leak in leaks where leak.kind == .name {
            attempt { () throws(RunnerError) in try removeName(leak.subject) }
        }
        if failures.count > 1 { throw .several(failures) }
        if let failure = failures.first { throw failure }
    }

    private func end(_ leak: Leak) throws(RunnerError) {
        guard let process = Int32(leak.subject) else { return }
        try during("ending process \(process)") { () throws(SystemError) in
            guard let handle = try ProcessHandle.open(process) else { return }
            // Whoever has the number now may be somebody else.
            guard let again = try? find(), again.contains(leak) else { return }
            try handle.send(.kill)
            _ = try handle.waitForEnd(milliseconds: 5000)
        }
    }

    private func removeGroup(_ id: String) throws(RunnerError) {
        let shims = try Self.shims()
        guard !store.isBeingMade(id), !shims.contains(where: { Files.split($0.arguments.stateDirectory).name == id })
        else { return }
        let path = "\(paths.controlGroupParent)/\(id)"
        let isGone = try during("removing control group \(path)") { () throws(SystemError) in
            ControlGroups.ControlGroup.find(path, in: try .observe()).remove()
        }
        if !isGone { throw .record(path: path, reason: "the control group is still in use") }
    }

    private func unmount(_ leak: Leak) throws(RunnerError) {
        guard !store.isBeingMade(leak.container) else { return }
        try during("unmounting \(leak.subject)") { () throws(SystemError) in try Files.unmount(leak.subject) }
    }

    /// Releases a container that nobody tends, and removes it where that was asked for or never came to be.
    private func release(_ id: String, _ leaks: [Leak], _ runner: ContainerRunner) throws(RunnerError) {
        guard let container = try store.load(id) else { return try removeDirectory(id) }
        // Its making or a restart may have begun meanwhile; with this lock it cannot.
        guard let lock = try lock(id) else { return }
        defer { lock.keepHeld() }
        let now: Container?
        do throws(RunnerError) { now = try store.load(id) } catch { now = container }
        switch now?.state {
        case .created where !Files.exists("\(paths.run(of: id))/\(LiveRecord.fileName)"), .dead, .exited: break
        case .running, .restarting, .paused, .created, nil: return
        }
        if let shim = try store.shim(of: id), try Self.isAlive(shim) { return }
        let remove = leaks.contains { $0.kind == .container && $0.container == id }
        try runner.release(container.specification, remove: remove)
    }

    /// The lock of a container's making, while there is a container; nil when somebody has it.
    private func lock(_ id: String) throws(RunnerError) -> FileLock? {
        try store.withNames { (_) throws(RunnerError) in
            guard Files.exists(paths.state(of: id)) else { return nil }
            try during("locking container \(id)") { () throws(SystemError) in
                try Files.makeDirectories(paths.run(of: id), mode: 0o700)
            }
            return store.lockMaking(id)
        }
    }

    /// A run directory without a container; nobody begins to make one while the names are locked.
    private func removeDirectory(_ id: String) throws(RunnerError) {
        try store.withNames { (_) throws(RunnerError) in
            guard !store.isBeingMade(id), !Files.exists(paths.state(of: id)) else { return }
            try during("removing \(paths.run(of: id))") { () throws(SystemError) in
                try Files.removeTree(paths.run(of: id))
            }
        }
    }

    private func removeName(_ name: String) throws(RunnerError) {
        try store.withNames { (names) throws(RunnerError) in
            guard try store.owner(of: name, in: names) == nil else { return }
            try during("removing the name \(name)") { () throws(SystemError) in _ = try names.remove(name) }
        }
    }
}
