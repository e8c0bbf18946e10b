internal import LinuxSystem

/// Everyone who is connected to a shim, and the container's streams between them.
struct ShimSwitchboard: ~Copyable {
    private static let connectionLimit = 64  // programs: each may have a piece of input on its way

    var streams: ContainerStreams
    /// What the next end leads to.
    var orders = Orders()
    private let listener: MessageListener
    private var connections: [ShimConnection]
    private var adopted: [AdoptedTerminal] = []
    private var poll = PollSet()

    /// What programs at the socket asked for.
    struct Orders {
        /// Someone ends the container.
        var stop = false
        /// Someone starts it again.
        var restart = false
        /// Another policy.
        var policy: RestartPolicy?
    }

    init(
        _ listener: consuming MessageListener, creator: ShimConnection, streams: consuming ContainerStreams
    ) throws(SystemError) {
        self.listener = listener
        connections = [creator]
        self.streams = streams
    }

    /// Carries output, input and requests until the container's first process has ended and all it wrote is passed on.
    mutating func relay(until process: borrowing ProcessHandle) throws(SystemError) {
        var hasEnded = false
        while true {
            poll.removeAll()
            // While someone has not taken the last piece, the container's output waits: nothing grows here.
            let holding = connections.contains { $0.isBehind && $0.isAttached }
            let sources = streams.outputSources
            let output = holding ? nil : poll.add(sources.output, reading: true)
            let error = holding ? nil : poll.add(sources.error, reading: true)
            let input = poll.add(streams.inputTarget, reading: false, writing: true)
            let end = hasEnded ? nil : poll.add(process.rawDescriptor, reading: true)
            let places = addConnections()
            try poll.wait(milliseconds: hasEnded && !holding ? 0 : patienceLeft())
            var passed = false
            if poll.isReadable(output) { passed = try streams.pass(isError: false, to: connections) }
            if poll.isReadable(error), try streams.pass(isError: true, to: connections) { passed = true }
            if poll.isWritable(input) { streams.passInput() }
            try serve(places, process)
            if poll.isReadable(end) {
                hasEnded = true
            }
            // Every writer inside has ended with process 1: what is left in the pipes is all there will be.
            else if hasEnded, !holding, !passed {
                break
            }
        }
        streams.closeAll()
    }

    /// Serves everyone for so long, or until an order comes.
    mutating func pause(milliseconds: Int64) throws(SystemError) {
        let end = Clock.monotonicMilliseconds() + milliseconds
        while !orders.stop, !orders.restart {
            let left = end - Clock.monotonicMilliseconds()
            if left <= 0 { return }
            poll.removeAll()
            let places = addConnections()
            try poll.wait(milliseconds: min(left, patienceLeft() ?? left))
            try serve(places)
        }
    }

    /// Hears those out who have connected and not said yet what they want: they may want to wait for the end that is now.
    mutating func hearNewcomers() throws(SystemError) {
        let end = Clock.monotonicMilliseconds() + Self.newcomersPatience
        while true {
            poll.removeAll()
            let places = addConnections()
            let isOpen = connections.contains { $0.isNew } && Clock.monotonicMilliseconds() < end
            try poll.wait(milliseconds: isOpen ? Self.newcomersPatience : 0)
            let isNext = poll.isReadable(places.listener) && connections.count < Self.connectionLimit
            try serve(places)
            if !isOpen, !isNext { return }
        }
    }

    private static let newcomersPatience: Int64 = 200  // milliseconds, from a busy program's connect to its send

    /// Tells everyone who was there for this start how it ended; they are on their own then.
    mutating func tellEnd(code: Int, restarts: Bool) {
        for connection in connections {
            if connection.isAttached || (connection.waitsForEnd && !restarts) {
                connection.tell(.ended(code: code, restarts: restarts))
            }
            if restarts { connection.detach() }
        }
    }

    /// Waits until everyone has taken what was sent, or is stuck.
    mutating func finish() throws(SystemError) {
        while connections.contains(where: { $0.isBehind }) {
            poll.removeAll()
            let places = addConnections()
            try poll.wait(milliseconds: patienceLeft())
            try serve(places)
        }
    }

    private func patienceLeft() -> Int64? {
        let now = Clock.monotonicMilliseconds()
        return connections.compactMap { $0.patienceLeft(now: now) }.min()
    }

    private struct Places {
        var listener: PollSet.Place?
        var connections: [PollSet.Place?] = []
        var adopted: [PollSet.Place?] = []
    }

    private mutating func addConnections() -> Places {
        var places = Places()
        let canAccept = connections.count < Self.connectionLimit
        places.listener = canAccept ? poll.add(listener.rawDescriptor, reading: true) : nil
        for connection in connections {
            places.connections.append(
                poll.add(connection.descriptor, reading: true, writing: connection.isBehind))
        }
        for terminal in adopted { places.adopted.append(poll.add(terminal.descriptor, reading: true)) }
        return places
    }

    private mutating func serve(_ places: Places) throws(SystemError) { try serve(places) { _ in } }

    private mutating func serve(_ places: Places, _ process: borrowing ProcessHandle) throws(SystemError) {
        var signals: [Signal] = []
        try serve(places) { signals.append($0) }
        for signal in signals { try process.send(signal) }
    }

    private mutating func serve(_ places: Places, onSignal: (Signal) -> Void) throws(SystemError) {
        let now = Clock.monotonicMilliseconds()
        for index in places.connections.indices {
            let connection = connections[index]
            if connection.isBehind, poll.isWritable(places.connections[index]) { connection.flush() }
            if connection.patienceLeft(now: now) == 0 { connection.drop() }
            guard poll.isReadable(places.connections[index]) else { continue }
            var carried: OwnedDescriptor?
            while let request = connection.next(&carried) {
                answer(request, of: connection, &carried, onSignal)
                carried = nil
            }
            if connection.isGone { streams.endInput(of: connection) }
        }
        connections.removeAll { $0.isGone }
        for index in places.adopted.indices where poll.isReadable(places.adopted[index]) { adopted[index].drain() }
        adopted.removeAll { $0.isOver }
        if poll.isReadable(places.listener), let socket = listener.accept() {
            connections.append(ShimConnection(socket, isCreator: false))
        }
    }

    private mutating func answer(
        _ request: ShimRequest, of connection: ShimConnection, _ carried: inout OwnedDescriptor?,
        _ onSignal: (Signal) -> Void
    ) {
        switch request {
        case .attach: connection.attach()
        case .wait: connection.waitsForEnd = true
        case .signal(let signal): onSignal(signal)
        case .resize(let size): streams.resize(size)
        case .input(let bytes): streams.type(bytes, from: connection)
        case .inputEnd: streams.endInput(of: connection)
        case .unread(let isError): if connection.isCreator { streams.close(isError: isError) }
        case .stopping:
            orders.stop = true
            orders.restart = false
            connection.tell(.done)
        case .restarting:
            orders.restart = true
            orders.stop = false
            connection.waitsForStart = true
            connection.tell(.done)
        case .policy(let policy):
            orders.policy = policy
            connection.tell(.done)
        case .adopt:
            if let terminal = carried.take() { adopted.append(AdoptedTerminal(terminal)) }
            connection.tell(.done)
        case .create, .start, .released: break
        }
    }

    /// Tells those who asked for a start that the command runs, or why it does not.
    mutating func tellStart(_ message: ShimMessage) {
        for connection in connections where connection.waitsForStart {
            connection.waitsForStart = false
            connection.tell(message)
        }
    }
}

/// A terminal of a command that its person has left: held so that the command goes on, and read so that it never waits.
final class AdoptedTerminal {
    private let terminal: OwnedDescriptor
    private(set) var isOver = false

    init(_ terminal: consuming OwnedDescriptor) {
        self.terminal = terminal
        // One that waits would hold everyone up.
        isOver = (try? self.terminal.setNonBlocking()) == nil
    }

    var descriptor: CInt { terminal.rawValue }

    func drain() {
        var nowhere = [UInt8](repeating: 0, count: 4096)
        do throws(SystemError) {
            if try terminal.readSome(into: &nowhere) == 0 { isOver = true }
        } catch {
            isOver = true
        }
    }
}
