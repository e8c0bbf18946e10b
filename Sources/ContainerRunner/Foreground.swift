internal import ContainerShim
internal import LinuxSystem

/// A person, or a pipe, in front of a container: its output comes here, input and signals go to it, and its end is ours.
struct Foreground: ~Copyable {
    /// What goes to the container.
    struct Wishes {
        /// The terminal whose size the container's follows.
        var terminal: CInt?
        /// Where input comes from; nil for none.
        var input: CInt?
        /// Whether signals go to the command.
        var forwardsSignals = true
        /// The keys that leave it, at a terminal.
        var detachKeys = DetachKeys.standard
    }

    /// How the container was left.
    enum Leaving: Hashable {
        /// It has ended.
        case ended(Int32)
        /// Its command has ended, and its policy starts it again.
        case restarts(Int32)
        /// Its person left it.
        case detached
    }

    private let signals: SignalDescriptor
    private let wishes: Wishes
    private var keys: DetachKeys
    private var output = Output()
    private var maySend = true
    private var input: CInt

    /// Takes the signals that are to go to the command from now on.
    ///
    /// A terminal whose keys the command reads is put into raw mode by `tend`, so that each key goes to it; otherwise keys
    /// mean to the terminal what they always do, and Ctrl-C comes as a signal.
    static func prepare(_ wishes: Wishes) throws(RunnerError) -> Foreground {
        let requests = wishes.forwardsSignals ? Signal.requests : []
        let signals = try during("preparing for signals") { () throws(SystemError) in
            try SignalDescriptor.open(requests + (wishes.terminal == nil ? [] : [.windowChanged]))
        }
        // Its own word for a reader that is gone: the command's end of the stream is closed then.
        Streams.surviveBrokenPipes()
        return Foreground(signals: signals, wishes: wishes)
    }

    private init(signals: consuming SignalDescriptor, wishes: Wishes) {
        self.signals = signals
        self.wishes = wishes
        keys = wishes.detachKeys
        input = wishes.input ?? -1
    }

    /// Whether typed keys go through a terminal of the container.
    private var isTyped: Bool { wishes.terminal != nil && wishes.input != nil }

    /// Stays until the command has ended or its person has left.
    ///
    /// `redraws`: a program that is there already is told a new size, so that it draws its screen once more.
    mutating func tend(_ line: borrowing ShimLine, redraws: Bool = false) throws(RunnerError) -> Leaving {
        let raw = try RawTerminal.enter(isTyped ? wishes.terminal : nil)
        defer { raw.keepHeld() }
        if redraws { sendSize(line, growing: 1) }
        sendSize(line)
        var poll = PollSet()
        while true {
            poll.removeAll()
            let shim = poll.add(output.isWaiting ? -1 : line.pollDescriptor, reading: true)
            let out = poll.add(output.descriptor, reading: false, writing: output.isWaiting)
            let typed = poll.add(maySend ? input : -1, reading: true)
            let signal = poll.add(signals.rawDescriptor, reading: true)
            try during("waiting for the container") { () throws(SystemError) in try poll.wait(milliseconds: nil) }
            if poll.isReadable(signal), try forward(line) { return .detached }
            if poll.isReadable(typed), try type(line) { return .detached }
            if poll.isWritable(out), let closed = output.pass() { line.ask(.unread(isError: closed)) }
            guard poll.isReadable(shim) else { continue }
            if let leaving = try take(try line.next(), line) { return leaving }
        }
    }

    private mutating func take(_ message: ShimMessage?, _ line: borrowing ShimLine) throws(RunnerError) -> Leaving? {
        switch message {
        case .output(let isError, let bytes):
            output.take(bytes, isError: isError)
        case .more: maySend = true
        case .inputClosed: input = -1
        case .ended(let code, let restarts):
            return restarts ? .restarts(Int32(clamping: code)) : .ended(Int32(clamping: code))
        case .refused(let code, let reason): throw .notStarted(code: code, reason: reason)
        case .ready, .running, .done, .impossible: break
        case nil: throw .notStarted(code: 125, reason: "the container's shim was killed, and the container with it")
        }
        return nil
    }

    /// Sends what was typed; true when it was the keys that leave.
    private mutating func type(_ line: borrowing ShimLine) throws(RunnerError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let source = input
        let count = try during("reading input") { () throws(SystemError) in
            try Streams.readSome(from: source, into: &buffer)
        }
        guard let count else { return false }
        if count == 0 {
            input = -1
            line.ask(.inputEnd)
            return false
        }
        var bytes = Array(buffer[0..<count])
        if isTyped {
            let passed = keys.pass(buffer[0..<count])
            if passed.areComplete { return true }
            bytes = passed.bytes
        }
        if bytes.isEmpty { return false }
        maySend = false
        line.ask(.input(bytes))
        return false
    }

    /// Passes a signal on; true when it was that our terminal is gone, which the container's is not.
    private borrowing func forward(_ line: borrowing ShimLine) throws(RunnerError) -> Bool {
        let signal = try during("reading signals") { () throws(SystemError) in try signals.next() }
        guard let signal else { return false }
        if wishes.terminal != nil, signal == .hangUp { return true }
        if signal == .windowChanged { sendSize(line) } else { line.ask(.signal(signal)) }
        return false
    }

    private borrowing func sendSize(_ line: borrowing ShimLine, growing: UInt16 = 0) {
        if let terminal = wishes.terminal, let size = Terminal.size(of: terminal) {
            line.ask(.resize(Terminal.Size(rows: size.rows &+ growing, columns: size.columns &+ growing)))
        }
    }
}

/// One piece of a container's output on its way to this process's own streams, which may not take it at once: signals are
/// for the command meanwhile.
private struct Output {
    private var bytes: [UInt8] = []
    private var sent = 0
    private(set) var descriptor: CInt = -1
    /// Streams whose reader is gone: what comes for them is thrown away.
    private var isGone = (output: false, error: false)

    /// What a pipe takes without waiting once it can be written to: PIPE_BUF.
    private static let piece = 4096

    var isWaiting: Bool { descriptor >= 0 }

    /// Takes a piece.
    mutating func take(_ bytes: [UInt8], isError: Bool) {
        guard !(isError ? isGone.error : isGone.output) else { return }
        self.bytes = bytes
        sent = 0
        descriptor = isError ? 2 : 1
    }

    /// Writes once; returns a stream that has lost its reader.
    mutating func pass() -> Bool? {
        let isError = descriptor == 2
        let part = Array(bytes[sent..<min(sent + Self.piece, bytes.count)])
        let delivery = Streams.deliver(part, count: part.count, to: descriptor)
        sent += part.count
        if sent == bytes.count || delivery != .complete { descriptor = -1 }
        guard delivery == .noReader else { return nil }
        if isError { isGone.error = true } else { isGone.output = true }
        return isError
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
