internal import ContainerShim
internal import ControlGroups
public import LinuxSystem

extension ContainerRunner {
    /// How a person goes back to a container.
    public struct Attachment {
        /// The descriptor of what is typed; nil for none.
        public var input: CInt? = 0
        /// Whether signals go to the command.
        public var forwardsSignals = true
        /// The keys that leave the container, at a terminal.
        public var detachKeys = DetachKeys.standard

        /// With input and signals, and docker's keys.
        public init() {}
    }

    /// Stays in front of a running container until it ends or is left; returns the command's exit status.
    public func attach(_ attachment: Attachment, to key: String) throws(RunnerError) -> Int32 {
        let container = try store.find(key)
        let specification = container.specification
        if case .paused = container.state { throw .container(specification.name, Self.paused) }
        guard container.live != nil, let line = try line(to: specification.id) else {
            throw .notRunning(specification.name)
        }
        var wishes = Foreground.Wishes(
            forwardsSignals: attachment.forwardsSignals, detachKeys: attachment.detachKeys)
        if specification.terminal { wishes.terminal = Terminal.isTerminal(0) ? 0 : nil }
        if specification.interactive || specification.terminal { wishes.input = attachment.input }
        var foreground = try Foreground.prepare(wishes)
        line.ask(.attach)
        switch try foreground.tend(line, redraws: true) {
        case .ended(let code), .restarts(let code): return code
        case .detached: return 0
        }
    }

    /// A line to a container's shim; nil when it has none.
    func line(to id: String) throws(RunnerError) -> ShimLine? { try ShimLine.connect(runDirectory: paths.run(of: id)) }

    /// Waits until a container has ended and is not started again; returns its exit status.
    public func wait(_ key: String) throws(RunnerError) -> Int {
        let container = try store.find(key)
        let id = container.specification.id
        if let line = try line(to: id) {
            line.ask(.wait)
            while let message = try line.next() {
                if case .ended(let code, _) = message { return code }
            }
        }
        // Its end was there already, or its shim was killed.
        guard let left = try store.load(id) else { throw .container(container.specification.name, "it was removed") }
        switch left.state {
        case .exited(let end): return end.code
        case .created: throw .container(left.specification.name, "it was never started")
        case .running, .paused, .restarting: throw .container(left.specification.name, "its shim does not answer")
        case .dead: throw .container(left.specification.name, "its shim was killed: how it ended is not known")
        }
    }

    /// Sends a signal to a container's command; one that is meant to end it also ends its restarts.
    public func kill(_ key: String, signal: Signal) throws(RunnerError) {
        let container = try store.find(key)
        let specification = container.specification
        guard container.isActive, let line = try line(to: specification.id) else {
            throw .notRunning(specification.name)
        }
        if signal == .kill || signal == specification.life.stopSignal ?? .terminate {
            _ = try line.request(.stopping, of: specification.name)
        }
        // Its record is read again: a restart may have been under way.
        guard let live = try store.record(of: specification.id), live.first.identifier > 0 else { return }
        try during("sending a signal to container \(specification.name)") { () throws(SystemError) in
            _ = try ProcessHandle.open(live.first.identifier, startTime: live.first.startTime)?.send(signal)
        }
    }

    /// Ends a container's command and starts it again, with its layer and, while it runs, with its network; one that has
    /// ended is started.
    public func restart(_ key: String, signal: Signal?, milliseconds: Int?) throws(RunnerError) {
        let container = try store.find(key)
        let specification = container.specification
        guard container.isActive, let line = try line(to: specification.id),
            try line.request(.restarting, of: specification.name)
        else {
            _ = try start(key, Start(detached: true))
            return
        }
        try endCommand(specification, signal: signal, milliseconds: milliseconds)
        while let message = try line.next() {
            switch message {
            case .running: return
            case .impossible(let reason): throw .container(specification.name, reason)
            default: continue
            }
        }
        throw .container(specification.name, "its shim was killed")
    }

    private static let forEver = 1_000_000_000  // milliseconds: twelve days

    /// Asks the command to end, and ends it when it does not in time.
    func endCommand(
        _ specification: ContainerSpecification, signal: Signal?, milliseconds: Int?
    ) throws(RunnerError) {
        guard let live = try store.record(of: specification.id), live.first.identifier > 0 else { return }
        let life = specification.life
        let seconds = life.stopTimeout ?? LifeSettings.standardStopTimeout
        let patience = milliseconds ?? (seconds < 0 ? Self.forEver : min(seconds, Self.forEver / 1000) * 1000)
        let groups = try ContainerGroups.observe(paths).find(specification.id)
        try during("stopping container \(specification.name)") { () throws(SystemError) in
            guard let first = try ProcessHandle.open(live.first.identifier, startTime: live.first.startTime) else {
                return
            }
            try first.send(signal ?? life.stopSignal ?? .terminate)
            // A paused container cannot answer.
            if try groups.isFrozen() { try groups.thaw() }
            if try first.waitForEnd(milliseconds: patience) { return }
            // Not the whole control group: by now the next start may be in it.
            try first.send(.kill)
        }
    }
}
