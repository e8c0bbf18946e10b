internal import LinuxSystem

/// A command in a container from its start to its end, or until its person leaves it.
struct ExecutionTending: ~Copyable {
    private let control: LaunchControl
    private let signals: SignalDescriptor
    private let execution: ContainerRunner.Execution
    private var terminal: OwnedDescriptor?

    init(
        _ control: consuming LaunchControl, _ signals: consuming SignalDescriptor,
        _ execution: ContainerRunner.Execution
    ) {
        self.control = control
        self.signals = signals
        self.execution = execution
    }

    /// The command's terminal, from this side; -1 without one.
    var terminalDescriptor: CInt {
        switch terminal {
        case .some(let open): open.rawValue
        case .none: -1
        }
    }

    /// Returns the command's exit status; nil when its person has left it.
    mutating func tend() throws(SystemError) -> Int32? {
        var process: Int32?
        var refusal: (code: Int32, reason: String)?
        while var report = try control.next() {
            switch report.event {
            case .process(let identifier): process = identifier
            case .ready: terminal = report.takeTerminal()
            case .namespaces: break
            case .failed(let error): refusal = (125, error.description)
            case .notExecuted(let command, let errno):
                refusal = (errno == .noEntry ? 127 : 126, "cannot execute \(command): \(errno)")
            }
        }
        if refusal == nil, let process, try relay(until: process) { return nil }
        // Closed before the command is waited for: one that goes on without its terminal learns that it is gone.
        _ = terminal.take()
        let status = try process.map { child throws(SystemError) in try ProcessHandle.reap(child) }
        if let refusal {
            StandardStreams.writeError("hawser: \(refusal.reason)\n")
            return refusal.code
        }
        switch status {
        case .exited(let code): return Int32(code)
        case .signaled(let signal): return 128 + Int32(signal)
        case nil: return 125
        }
    }

    /// Signals to the command, keys to its terminal and that one's output to ours, until the command has ended; true when
    /// its person has left it.
    private borrowing func relay(until child: Int32) throws(SystemError) -> Bool {
        guard let handle = try ProcessHandle.open(child) else { return false }
        // Whoever ends here leaves an orphan in the container, and nobody to ask how it ended.
        Streams.surviveBrokenPipes()
        let output = terminalDescriptor
        var typing = execution.terminal && execution.interactive
        let raw = typing && Terminal.isTerminal(0) ? try Terminal.enterRawMode(0) : nil
        defer {
            switch raw {
            case .some(let mode): mode.keepHeld()
            case .none: break
            }
        }
        var keys = execution.detachKeys
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let said = try Poll.wait(for: [
                handle.rawDescriptor, output, typing ? 0 : -1, signals.rawDescriptor,
            ])
            if said[1], let count = try Streams.readSome(from: output, into: &buffer) {
                if count == 0 || Streams.deliver(buffer, count: count, to: 1) == .noReader { return false }
                continue
            }
            if said[2], let count = try Streams.readSome(from: 0, into: &buffer) {
                let typed = keys.pass(buffer[0..<count])
                if typed.areComplete { return true }
                typing = count > 0 && Streams.write(typed.bytes, count: typed.bytes.count, to: output)
            }
            if said[3], let signal = try signals.next() { try forward(signal, to: handle) }
            if said[0] { return false }
        }
    }

    private borrowing func forward(_ signal: Signal, to command: borrowing ProcessHandle) throws(SystemError) {
        if signal != .windowChanged {
            try command.send(signal)
        } else if let size = Terminal.size(of: 0) {
            // A terminal whose programs have just gone does not mind.
            try? Terminal.resize(terminalDescriptor, to: size)
        }
    }
}
