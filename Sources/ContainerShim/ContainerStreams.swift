internal import LinuxSystem

/// A container's standard streams, from both sides, and the way of its output into the log and to the runner.
struct ContainerStreams: ~Copyable {
    private var outputEnd: OwnedDescriptor?
    private var errorEnd: OwnedDescriptor?
    private var containerInput: OwnedDescriptor?
    private var containerOutput: OwnedDescriptor?
    private var containerError: OwnedDescriptor?
    private var terminal: OwnedDescriptor?
    /// What is typed, for a terminal.
    private var typed: OwnedDescriptor?
    private let log: OutputLog
    private let attached: Bool
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// The streams of a container that is about to be made; no input is empty input.
    static func open(
        terminal: Bool, attached: Bool, input: consuming OwnedDescriptor?, log: String
    ) throws(SystemError) -> ContainerStreams {
        var streams = ContainerStreams(log: try OutputLog.open(log), attached: attached)
        if terminal {
            streams.typed = input
            return streams
        }
        if let input {
            streams.containerInput = consume input
        } else {
            streams.containerInput = try OwnedDescriptor.reading("/dev/null")
        }
        var output = try OwnedDescriptor.pipe()
        streams.outputEnd = try nonBlocking(output.takeReading())
        streams.containerOutput = output.takeWriting()
        var error = try OwnedDescriptor.pipe()
        streams.errorEnd = try nonBlocking(error.takeReading())
        streams.containerError = error.takeWriting()
        return streams
    }

    private static func nonBlocking(_ end: consuming OwnedDescriptor?) throws(SystemError) -> OwnedDescriptor? {
        guard let end else { return nil }
        try end.setNonBlocking()
        return consume end
    }

    private init(log: consuming OutputLog, attached: Bool) {
        self.log = log
        self.attached = attached
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

    /// The other side of the container's terminal has arrived.
    mutating func setTerminal(_ master: consuming OwnedDescriptor) { terminal = consume master }

    /// Carries output, input and the runner's requests until the container's first process has ended.
    mutating func relay(until process: borrowing ProcessHandle, _ client: borrowing ShimClient) throws(SystemError) {
        var clientIsThere = true
        while true {
            let said = try Poll.wait(for: [
                process.rawDescriptor, clientIsThere ? client.pollDescriptor : -1, Self.number(outputEnd),
                Self.number(errorEnd), Self.number(terminal), Self.number(typed),
            ])
            if said[2] { try drainOutput() }
            if said[3] { try drainError() }
            if said[4] { try drainTerminal() }
            if said[5] { try typeIn() }
            if said[1] { clientIsThere = try answer(client, process) }
            if said[0] { break }
        }
        // Every writer inside has ended with process 1: what is left in the pipes is all there will be.
        while outputEnd != nil, try drainOutput() {}
        while errorEnd != nil, try drainError() {}
        while terminal != nil, try drainTerminal() {}
    }

    private mutating func answer(
        _ client: borrowing ShimClient, _ process: borrowing ProcessHandle
    ) throws(SystemError) -> Bool {
        switch client.next() {
        case .signal(let signal): try process.send(signal)
        case .resize(let size): if terminal != nil { try Terminal.resize(Self.number(terminal), to: size) }
        case .create, .start, .released: break
        case nil: return false
        }
        return true
    }

    @discardableResult
    private mutating func drainOutput() throws(SystemError) -> Bool {
        guard let count = try Streams.readSome(from: Self.number(outputEnd), into: &buffer) else { return false }
        if !pass(count, stream: "stdout", to: 1) { outputEnd = nil }
        return outputEnd != nil
    }

    @discardableResult
    private mutating func drainError() throws(SystemError) -> Bool {
        guard let count = try Streams.readSome(from: Self.number(errorEnd), into: &buffer) else { return false }
        if !pass(count, stream: "stderr", to: 2) { errorEnd = nil }
        return errorEnd != nil
    }

    @discardableResult
    private mutating func drainTerminal() throws(SystemError) -> Bool {
        guard let count = try Streams.readSome(from: Self.number(terminal), into: &buffer) else { return false }
        if !pass(count, stream: "stdout", to: 1) { terminal = nil }
        return terminal != nil
    }

    /// Logs what was read and hands it on; false when the stream has ended, or its reader is gone.
    ///
    /// The container's side is closed then: `hawser run yes | head` ends as `yes | head` does.
    private func pass(_ count: Int, stream: String, to descriptor: CInt) -> Bool {
        guard count > 0 else { return false }
        log.add(buffer, count: count, stream: stream)
        return !attached || Streams.deliver(buffer, count: count, to: descriptor) != .noReader
    }

    private mutating func typeIn() throws(SystemError) {
        let count = try Streams.readSome(from: Self.number(typed), into: &buffer)
        guard let count else { return }
        if count == 0 || !Streams.write(buffer, count: count, to: Self.number(terminal)) { typed = nil }
    }
}
