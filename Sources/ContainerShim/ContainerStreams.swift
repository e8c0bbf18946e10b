internal import LinuxSystem

/// A container's standard streams, from both sides, and the way of its output into the log.
struct ContainerStreams: ~Copyable {
    private let hasTerminal: Bool
    private let inputKind: ShimSettings.Input
    private var containerInput: OwnedDescriptor?
    private var containerOutput: OwnedDescriptor?
    private var containerError: OwnedDescriptor?
    private var inputEnd: OwnedDescriptor?
    private var outputEnd: OwnedDescriptor?
    private var errorEnd: OwnedDescriptor?
    private var terminal: OwnedDescriptor?
    private var log: OutputLog
    /// The mark of a message, then a piece of a stream: what is logged is what is sent.
    private var buffer = [UInt8](repeating: 0, count: ShimMessage.limit)
    /// Input on its way into the container: at most a piece from each program that types.
    private var typed: [Typed] = []
    private var endsInput = false

    private struct Typed {
        let bytes: [UInt8]
        var sent = 0
        let from: ShimConnection
    }

    /// The streams of a container that is about to be made.
    static func open(
        terminal: Bool, settings: ShimSettings, stateDirectory: String
    ) throws(SystemError) -> ContainerStreams {
        let log = try OutputLog.open(settings.log, in: stateDirectory)
        var streams = ContainerStreams(terminal: terminal, input: settings.input, log: log)
        try streams.reopen()
        return streams
    }

    private init(terminal: Bool, input: ShimSettings.Input, log: consuming OutputLog) {
        hasTerminal = terminal
        inputKind = input
        self.log = log
    }

    /// New streams for the next start.
    mutating func reopen() throws(SystemError) {
        closeAll()
        if hasTerminal { return }
        if inputKind == .none {
            containerInput = try OwnedDescriptor.reading("/dev/null")
        } else {
            var input = try OwnedDescriptor.pipe()
            containerInput = input.takeReading()
            inputEnd = try Self.nonBlocking(input.takeWriting())
        }
        var output = try OwnedDescriptor.pipe()
        outputEnd = try Self.nonBlocking(output.takeReading())
        containerOutput = output.takeWriting()
        var error = try OwnedDescriptor.pipe()
        errorEnd = try Self.nonBlocking(error.takeReading())
        containerError = error.takeWriting()
    }

    private static func nonBlocking(_ end: consuming OwnedDescriptor?) throws(SystemError) -> OwnedDescriptor? {
        guard let end else { return nil }
        try end.setNonBlocking()
        return consume end
    }

    /// The container's side of each stream, -1 with a terminal.
    var input: CInt { Self.number(containerInput) }
    var output: CInt { Self.number(containerOutput) }
    var error: CInt { Self.number(containerError) }

    private static func number(_ descriptor: borrowing OwnedDescriptor?) -> CInt {
        switch descriptor {
        case .some(let open): open.rawValue
        case .none: -1
        }
    }

    /// Once the container holds its side, only its end of file is of interest here.
    mutating func closeContainerSide() {
        containerInput = nil
        containerOutput = nil
        containerError = nil
    }

    /// Gives up whatever is left of this start's streams.
    mutating func closeAll() {
        closeContainerSide()
        inputEnd = nil
        outputEnd = nil
        errorEnd = nil
        terminal = nil
        for piece in typed { piece.from.tell(.more) }
        typed.removeAll()
        endsInput = false
    }

    /// The other side of the container's terminal has arrived.
    mutating func setTerminal(_ master: consuming OwnedDescriptor) throws(SystemError) {
        try master.setNonBlocking()
        terminal = consume master
    }

    /// Gives the terminal another size, where there is one.
    borrowing func resize(_ size: Terminal.Size) {
        // A terminal whose programs have just gone does not mind.
        if terminal != nil { try? Terminal.resize(Self.number(terminal), to: size) }
    }

    /// Where output comes from; -1 for what is not there or no more.
    var outputSources: (output: CInt, error: CInt) {
        (hasTerminal ? Self.number(terminal) : Self.number(outputEnd), Self.number(errorEnd))
    }

    /// Where input waits to go; -1 when none does.
    var inputTarget: CInt {
        if typed.isEmpty { return -1 }
        return hasTerminal ? Self.number(terminal) : Self.number(inputEnd)
    }

    /// Reads what there is of a stream into the log and to everyone attached; false when there was nothing.
    mutating func pass(isError: Bool, to connections: [ShimConnection]) throws(SystemError) -> Bool {
        let source = isError ? Self.number(errorEnd) : outputSources.output
        if source < 0 { return false }
        guard let count = try Streams.readSome(from: source, into: &buffer, behind: 1) else { return false }
        if count == 0 {
            close(isError: isError)
            return false
        }
        log.add(buffer, 1..<(count + 1), isError: isError)
        buffer[0] = ShimMessage.mark(isError: isError)
        for connection in connections where connection.isAttached { connection.send(buffer, count: count + 1) }
        return true
    }

    /// Closes the reading end of a stream: `hawser run yes | head` ends as `yes | head` does.
    mutating func close(isError: Bool) {
        if isError {
            errorEnd = nil
        } else if hasTerminal {
            terminal = nil
        } else {
            outputEnd = nil
        }
    }

    /// Takes a piece of input; another one from there may follow once it has gone on its way.
    mutating func type(_ bytes: [UInt8], from connection: ShimConnection) {
        let canTake = hasTerminal ? terminal != nil : inputEnd != nil
        guard canTake, !endsInput else { return connection.tell(.inputClosed) }
        typed.append(Typed(bytes: bytes, from: connection))
        passInput()
    }

    /// Writes what waits, as much of it as goes.
    mutating func passInput() {
        while var first = typed.first {
            let target = inputTarget
            guard target >= 0, let sent = Streams.writeSome(first.bytes, from: first.sent, to: target) else {
                inputEnd = nil
                for piece in typed { piece.from.tell(.inputClosed) }
                typed.removeAll()
                return
            }
            first.sent += sent
            if first.sent < first.bytes.count {
                typed[0] = first
                return
            }
            first.from.tell(.more)
            typed.removeFirst()
        }
        if endsInput { inputEnd = nil }
    }

    /// The input of a program has ended: the container's ends with that of the program that started it, unless it is a
    /// terminal or kept open.
    mutating func endInput(of connection: ShimConnection) {
        guard connection.isCreator, inputKind == .once, !hasTerminal else { return }
        endsInput = true
        if typed.isEmpty { inputEnd = nil }
    }
}
