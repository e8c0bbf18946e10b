internal import ContainerShim
internal import LinuxSystem

/// A container in the foreground: signals go to it, and its end is the runner's.
struct Foreground: ~Copyable {
    private let signals: SignalDescriptor
    private let terminal: CInt?
    private let isTyped: Bool

    /// Takes the signals that are to go to the command from now on.
    ///
    /// `isTyped`: the command reads the terminal, so each key goes to it; otherwise keys mean to the terminal what they
    /// always do, and Ctrl-C comes as a signal.
    static func prepare(terminal: CInt?, isTyped: Bool) throws(RunnerError) -> Foreground {
        let signals = try during("preparing for signals") { () throws(SystemError) in
            try SignalDescriptor.open(Signal.requests + (terminal == nil ? [] : [.windowChanged]))
        }
        return Foreground(signals: signals, terminal: terminal, isTyped: isTyped)
    }

    private init(signals: consuming SignalDescriptor, terminal: CInt?, isTyped: Bool) {
        self.signals = signals
        self.terminal = terminal
        self.isTyped = isTyped
    }

    /// Waits for the command's end; returns its status.
    borrowing func tend(_ shim: borrowing ShimProcess) throws(RunnerError) -> Int32 {
        let raw = try RawTerminal.enter(isTyped ? terminal : nil)
        defer { raw.keepHeld() }
        sendSize(shim)
        while true {
            let said = try during("waiting for the container") { () throws(SystemError) in
                try Poll.wait(for: [shim.pollDescriptor, signals.rawDescriptor])
            }
            if said[1] { try forward(shim) }
            guard said[0] else { continue }
            switch try shim.next() {
            case .ended(let code): return Int32(clamping: code)
            case .refused(let code, let reason): throw .notStarted(code: code, reason: reason)
            case .ready, .running: continue
            case nil: throw .notStarted(code: 125, reason: "the container's shim was killed, and the container with it")
            }
        }
    }

    private borrowing func forward(_ shim: borrowing ShimProcess) throws(RunnerError) {
        let signal = try during("reading signals") { () throws(SystemError) in try signals.next() }
        guard let signal else { return }
        if signal == .windowChanged { sendSize(shim) } else { shim.ask(.signal(signal)) }
    }

    private borrowing func sendSize(_ shim: borrowing ShimProcess) {
        if let terminal, let size = Terminal.size(of: terminal) { shim.ask(.resize(size)) }
    }
}

/// Raw mode of a terminal, where there is one, for as long as this value lives.
struct RawTerminal: ~Copyable {
    private let mode: Terminal.RawMode?

    static func enter(_ terminal: CInt?) throws(RunnerError) -> RawTerminal {
        guard let terminal, Terminal.isTerminal(terminal) else { return RawTerminal(mode: nil) }
        return RawTerminal(
            mode: try during("preparing the terminal") { () throws(SystemError) in
                try Terminal.enterRawMode(terminal)
            })
    }

    private init(mode: consuming Terminal.RawMode?) { self.mode = mode }

    /// An explicit last use.
    borrowing func keepHeld() {}
}
