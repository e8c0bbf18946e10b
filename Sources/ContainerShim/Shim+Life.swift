internal import JSON
internal import LinuxSystem

/// A container's life, from its making over its restarts to its final end.
extension Shim {
    /// Makes the container and tends it to its end, which is recorded and told to everyone who waits for it.
    borrowing func makeAndTend() throws(SystemError) -> End {
        try ProcessHandle.becomeShepherd()
        guard case .create(let attached) = creator.next() else { return .refused(125, "the runner is gone") }
        if attached { creator.attach() }
        let plan: LaunchPlan
        let settings: ShimSettings
        do throws(PlanFailure) {
            plan = try readState(Self.planFileName) { json throws(RecordError) in try LaunchPlan(json) }
            settings = try readState(ShimSettings.fileName) { json throws(RecordError) in try ShimSettings(json) }
        } catch {
            return try refuse(.refused(125, error.reason))
        }
        let deaths = OutOfMemoryDeaths(plan)
        var board = try openSwitchboard(plan, settings)
        let launched = try launch(plan, board)
        board.streams.closeContainerSide()
        if let failure = try waitUntilReady(launched, &board) {
            launched.abandon()
            return try refuse(failure)
        }
        // Held open to the end: the path through this process outlives the container's processes, and each restart
        // joins it.
        let network = try OwnedDescriptor.reading("/proc/\(launched.handle.identifier)/ns/net")
        var life = Life(
            networkNamespace: "/proc/\(ProcessHandle.current)/fd/\(network.rawValue)",
            restart: RestartDecision(policy: settings.restart), deaths: deaths)
        try record(life, first: launched.handle.identifier, .created)
        creator.tell(.ready(networkNamespace: life.networkNamespace, process: launched.handle.identifier))
        switch creator.waitForDecision() {
        case .start: break
        case .abandon:
            launched.abandon()
            return .abandoned
        case .gone:
            launched.abandon()
            return try refuse(.refused(125, "the runner ended before the container was started"))
        }
        try creator.stopWaiting()
        try launched.control.openGate()
        if let refusal = try refusal(launched) {
            _ = try launched.handle.reap()
            return try refuse(refusal)
        }
        try life.begin()
        try record(life, first: launched.handle.identifier, .running)
        creator.tell(.running)
        let end = try tend(plan, launched, &life, &board)
        // Held until here, when its last user is gone.
        _ = network.rawValue
        return end
    }

    /// What a life's records are made of.
    struct Life {
        let networkNamespace: String
        var restart: RestartDecision
        var deaths: OutOfMemoryDeaths
        var startedAt: Int64 = 0
        var startedTick: Int64 = 0
        var lastCode: Int?
        var restartsAt: Int64?

        init(networkNamespace: String, restart: RestartDecision, deaths: OutOfMemoryDeaths) {
            self.networkNamespace = networkNamespace
            self.restart = restart
            self.deaths = deaths
        }

        mutating func begin() throws(SystemError) {
            startedAt = Clock.realtimeNanoseconds()
            startedTick = Clock.monotonicMilliseconds()
            restartsAt = nil
        }
    }

    /// Records and tells that the container never came to life.
    private borrowing func refuse(_ end: End) throws(SystemError) -> End {
        try recordEnd(end)
        creator.tell(.refused(code: end.code, reason: end.reason))
        return end
    }

    private borrowing func openSwitchboard(
        _ plan: LaunchPlan, _ settings: ShimSettings
    ) throws(SystemError) -> ShimSwitchboard {
        let directory = try Directory.open(arguments.runDirectory)
        let listener = try MessageListener.open(Shim.socketName, in: directory)
        let streams = try ContainerStreams.open(
            terminal: plan.terminal, settings: settings, stateDirectory: arguments.stateDirectory)
        return try ShimSwitchboard(listener, creator: creator, streams: streams)
    }

    /// From the first start to the final end.
    private borrowing func tend(
        _ plan: LaunchPlan, _ first: consuming LaunchedProcess, _ life: inout Life, _ board: inout ShimSwitchboard
    ) throws(SystemError) -> End {
        var end = try runToEnd(first, &board)
        while let pause = nextPause(end, &life, &board) {
            life.lastCode = end.code
            life.restartsAt = Clock.realtimeNanoseconds() + pause * 1_000_000
            life.deaths.forget()
            try record(life, first: 0, .restarting)
            board.tellEnd(code: end.code, restarts: true)
            try board.pause(milliseconds: pause)
            if board.orders.stop { break }
            board.orders.restart = false
            if let refusal = try startAgain(plan, &life, &board, end: &end) {
                board.tellStart(.impossible(reason: refusal.reason))
                end = refusal
                if end.code == 125 { break }
            }
        }
        end.startedAt = life.startedAt
        end.restarts = life.restart.count
        end.stopped = board.orders.stop
        end.outOfMemory = life.deaths.happened
        try recordEnd(end)
        try board.hearNewcomers()
        board.tellEnd(code: end.code, restarts: false)
        try board.finish()
        return end
    }

    private borrowing func launch(
        _ plan: LaunchPlan, _ board: borrowing ShimSwitchboard
    ) throws(SystemError) -> LaunchedProcess {
        try plan.launch(
            stateDirectory: arguments.stateDirectory, input: board.streams.input, output: board.streams.output,
            error: board.streams.error)
    }

    /// Carries a start's streams to their end and asks how it ended.
    private borrowing func runToEnd(
        _ launched: consuming LaunchedProcess, _ board: inout ShimSwitchboard
    ) throws(SystemError) -> End {
        try board.relay(until: launched.handle)
        return End.ended(try launched.handle.reap())
    }

    /// Milliseconds until the next start; nil when there is none.
    private borrowing func nextPause(_ end: End, _ life: inout Life, _ board: inout ShimSwitchboard) -> Int64? {
        if let policy = board.orders.policy { life.restart.policy = policy }
        board.orders.policy = nil
        if board.orders.stop { return nil }
        if board.orders.restart { return 0 }
        let ran = Clock.monotonicMilliseconds() - life.startedTick
        return life.restart.next(code: end.code, ranMilliseconds: ran)
    }

    /// One more start, in the same network namespace and with the same private layer, and its run to its end; returns
    /// why it did not come about.
    private borrowing func startAgain(
        _ plan: LaunchPlan, _ life: inout Life, _ board: inout ShimSwitchboard, end: inout End
    ) throws(SystemError) -> End? {
        var plan = plan
        if plan.network != .host { plan.network = .join(life.networkNamespace) }
        plan.terminalSize = nil
        // What shares the processes of another namespace does not end with the container's first process.
        if plan.pid != .own, let group = plan.controlGroup { endLeftovers(group) }
        try board.streams.reopen()
        let launched: LaunchedProcess
        do throws(SystemError) {
            launched = try launch(plan, board)
        } catch {
            return .refused(125, error.description)
        }
        board.streams.closeContainerSide()
        if let failure = try waitUntilReady(launched, &board) {
            launched.abandon()
            return failure
        }
        // Before it runs: who stops it looks here for whom to stop.
        life.restartsAt = nil
        try record(life, first: launched.handle.identifier, .restarting)
        try launched.control.openGate()
        if let refusal = try refusal(launched) {
            _ = try launched.handle.reap()
            return refusal
        }
        try life.begin()
        try record(life, first: launched.handle.identifier, .running)
        board.tellStart(.running)
        end = try runToEnd(launched, &board)
        return nil
    }

    private static let leftoverRounds = 16  // each ends what forked during the one before

    /// Ends every process of a control group that is to be used again.
    ///
    /// Not by cgroup.kill: from then on Linux (seen on 6.18) kills whatever is cloned into the group as well.
    private borrowing func endLeftovers(_ group: String) {
        for _ in 0..<Self.leftoverRounds {
            guard let content = try? Files.read(group + "/cgroup.procs", limit: 1 << 20), !content.isEmpty else {
                return
            }
            for line in content.split(separator: UInt8(ascii: "\n")) {
                guard let number = Int32(String(decoding: line, as: UTF8.self)) else { continue }
                _ = try? ProcessHandle.open(number)?.send(.kill)
            }
        }
    }

    /// Why the container's first process did not come so far; nil when it waits at its gate.
    private borrowing func waitUntilReady(
        _ launched: borrowing LaunchedProcess, _ board: inout ShimSwitchboard
    ) throws(SystemError) -> End? {
        guard var report = try launched.control.next() else {
            return .refused(125, "the container's first process ended before it was ready")
        }
        switch report.event {
        case .ready:
            if let terminal = report.takeTerminal() { try board.streams.setTerminal(terminal) }
            return nil
        case .failed(let error): return .refused(125, error.description)
        case .notExecuted(let command, let errno): return .refused(125, "\(command): \(errno)")
        case .process, .namespaces: return .refused(125, "an unexpected report")
        }
    }

    /// Why the command does not run; nil when it does.
    private borrowing func refusal(_ launched: borrowing LaunchedProcess) throws(SystemError) -> End? {
        guard let report = try launched.control.next() else { return nil }
        switch report.event {
        case .notExecuted(let command, let errno):
            return .refused(errno == .noEntry ? 127 : 126, "cannot execute \(command): \(errno)")
        case .failed(let error): return .refused(125, error.description)
        case .ready, .process, .namespaces: return .refused(125, "an unexpected report")
        }
    }

    private borrowing func record(
        _ life: Life, first: Int32, _ phase: LiveRecord.Phase
    ) throws(SystemError) {
        func process(_ identifier: Int32) throws(SystemError) -> LiveRecord.Process {
            let start = identifier == 0 ? nil : try ProcessHandle.startTime(of: identifier)
            return LiveRecord.Process(identifier: identifier, startTime: start ?? 0)
        }
        var live = LiveRecord(
            shim: try process(ProcessHandle.current), first: try process(first),
            networkNamespace: life.networkNamespace, startedAt: life.startedAt)
        live.phase = phase
        live.restarts = life.restart.count
        live.lastCode = life.lastCode
        live.restartsAt = life.restartsAt
        try Files.replace("\(arguments.runDirectory)/\(LiveRecord.fileName)", live.json.encoded(), mode: 0o600)
    }
}
