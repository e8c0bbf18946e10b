internal import ContainerShim
internal import LinuxSystem

extension ContainerRunner {
    /// Makes a container that `start` brings to life.
    public func create(_ specification: ContainerSpecification, cidFile: String?) throws(RunnerError) {
        _ = try checkRequest(specification)
        try requireAbsent(cidFile)
        let making = try store.create(specification)
        try holdImage(specification)
        try writeCIDFile(cidFile, specification)
        try markCreated(specification.id)
        making.keepHeld()
    }

    /// A file with an id belongs to the container it names: it is not written over.
    func requireAbsent(_ cidFile: String?) throws(RunnerError) {
        guard let cidFile, Files.exists(cidFile) else { return }
        throw .invalid(
            option: "--cidfile", value: cidFile, expected: "the name of a new file: remove it, or choose another one")
    }

    func writeCIDFile(_ path: String?, _ specification: ContainerSpecification) throws(RunnerError) {
        guard let path else { return }
        do throws(SystemError) {
            try Files.replace(path, Array(specification.id.utf8), mode: 0o644)
        } catch {
            try store.remove(specification.id, name: specification.name)
            throw .system(error, during: "writing --cidfile \(path)")
        }
    }

    private func writePIDFile(_ path: String?, _ process: Int32) throws(RunnerError) {
        guard let path else { return }
        try during("writing --pidfile \(path)") { () throws(SystemError) in
            try Files.replace(path, Array(String(process).utf8), mode: 0o644)
        }
    }

    private func markCreated(_ id: String) throws(RunnerError) {
        try during("recording the container") { () throws(SystemError) in
            try Files.replace("\(paths.state(of: id))/\(ContainerStore.createdMark)", [], mode: 0o600)
        }
    }

    /// Starts a container that was created or has ended, with what it wrote; returns the command's exit status, or 0 at
    /// once when detached or when it runs already.
    public func start(_ key: String, _ start: Start) throws(RunnerError) -> Int32 {
        let id = try store.id(of: key)
        // Until its last shim has released everything, nothing can be made anew.
        guard let before = try store.load(id) else { throw .noSuchContainer(key, similar: []) }
        if before.isActive { return 0 }
        try waitForShim(try store.shim(of: id))
        guard let container = try store.load(id) else { throw .noSuchContainer(key, similar: []) }
        let specification = container.specification
        try releaseEarlierLife(specification)
        let joined = try checkRequest(specification)
        let making = try store.beginMaking(id)
        return try launch(specification, start, joined: joined?.live, isNew: false, making: making)
    }

    /// What a killed shim, or a reboot, left of an earlier life.
    private func releaseEarlierLife(_ specification: ContainerSpecification) throws(RunnerError) {
        let attachments = try NetworkRecord.read(paths.state(of: specification.id))
        if Files.exists(paths.run(of: specification.id)) || !attachments.isEmpty {
            try release(specification, remove: false)
        }
    }

    /// From a container's directories to the end of its time in the foreground.
    ///
    /// What fails on the way is undone; nothing stays of a container that is new.
    func launch(
        _ specification: ContainerSpecification, _ start: Start, joined: LiveRecord?, isNew: Bool,
        making: consuming FileLock
    ) throws(RunnerError) -> Int32 {
        let shim: ShimProcess
        do throws(RunnerError) {
            try prepare(specification, start, joined: joined)
            try forgetEarlierEnd(specification.id)
            shim = try ShimProcess.start(
                shimArguments(specification.id), executable: paths.shim, attached: !start.detached)
        } catch {
            try? release(specification, remove: isNew)
            throw error
        }
        let foreground = try bringToLife(specification, shim, start, isNew: isNew)
        making.keepHeld()
        guard var foreground else { return 0 }
        let leaving: Foreground.Leaving
        do throws(RunnerError) {
            leaving = try foreground.tend(shim.line)
        } catch {
            try? release(specification, remove: specification.removeAtEnd)
            throw error
        }
        switch leaving {
        case .restarts(let code): return code
        case .detached:
            notice("left; it runs on as \(specification.name)")
            return 0
        case .ended(let code):
            try release(specification, remove: specification.removeAtEnd)
            shim.line.ask(.released)
            shim.reap()
            return code
        }
    }

    private func forgetEarlierEnd(_ id: String) throws(RunnerError) {
        try during("beginning the container's life") { () throws(SystemError) in
            for name in [ExitRecord.fileName, ContainerStore.createdMark] {
                try Files.remove("\(paths.state(of: id))/\(name)")
            }
        }
    }

    /// From a started shim to a running command; what fails on the way is undone.
    ///
    /// Returns who tends a container that is not detached.
    private func bringToLife(
        _ specification: ContainerSpecification, _ shim: borrowing ShimProcess, _ start: Start, isNew: Bool
    ) throws(RunnerError) -> Foreground? {
        do throws(RunnerError) {
            guard case .ready(let namespace, let process) = try expect(shim.line) else { throw unexpected }
            try writePIDFile(start.pidFile, process)
            try attach(specification, namespace: namespace)
            // Before the command runs: from then on signals are for it.
            let foreground = start.detached ? nil : try Foreground.prepare(start.wishes)
            shim.line.ask(.start)
            guard case .running = try expect(shim.line) else { throw unexpected }
            return foreground
        } catch {
            // Networks first: the namespace lives as long as the shim holds it.
            try? detachAll(specification)
            shim.line.ask(.released)
            shim.reap()
            var remove = isNew
            if case .notStarted(let code, _) = error, code != 125 { remove = isNew && specification.removeAtEnd }
            if !remove { try recordFailure(specification.id, error) }
            try? release(specification, remove: remove)
            throw error
        }
    }

    /// The end of a container that stays although it did not come to life, where its shim has not recorded it.
    private func recordFailure(_ id: String, _ error: RunnerError) throws(RunnerError) {
        let path = "\(paths.state(of: id))/\(ExitRecord.fileName)"
        if Files.exists(path) { return }
        let record = ExitRecord(
            code: Int(error.exitCode), endedAt: Clock.realtimeNanoseconds(), reason: error.description)
        try StateFile.write(path, record.json)
    }

    private var unexpected: RunnerError { .notStarted(code: 125, reason: "the shim said something unexpected") }

    private func expect(_ line: borrowing ShimLine) throws(RunnerError) -> ShimMessage {
        guard let message = try line.next() else {
            throw .notStarted(code: 125, reason: "the shim ended unexpectedly")
        }
        if case .refused(let code, let reason) = message { throw .notStarted(code: code, reason: reason) }
        return message
    }
}

extension ContainerRunner.Start {
    var wishes: Foreground.Wishes {
        Foreground.Wishes(
            terminal: terminal, input: input, forwardsSignals: forwardsSignals, detachKeys: detachKeys)
    }
}
