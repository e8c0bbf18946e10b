internal import ContainerShim
internal import LinuxSystem

/// A line to a container's shim: that of the program that started it, or one that was connected later.
struct ShimLine: ~Copyable {
    private let socket: MessageSocket

    init(_ socket: consuming MessageSocket) { self.socket = socket }

    /// Connects to the shim of a container; nil when it has none.
    static func connect(runDirectory: String) throws(RunnerError) -> ShimLine? {
        guard Files.exists(runDirectory) else { return nil }
        return try during("connecting to the container's shim") { () throws(SystemError) in
            let directory: Directory
            do throws(SystemError) {
                directory = try Directory.open(runDirectory)
            } catch {
                if error.errno == .noEntry { return nil }
                throw error
            }
            guard let socket = try MessageSocket.connect(Shim.socketName, in: directory) else { return nil }
            return ShimLine(socket)
        }
    }

    var pollDescriptor: CInt { socket.rawDescriptor }

    /// Asks for something; a shim that is gone is noticed when it is next listened to.
    borrowing func ask(_ request: ShimRequest, carrying: CInt = -1) {
        try? socket.send(request.bytes, carrying: carrying)
    }

    /// The next message; nil when the shim is gone.
    borrowing func next() throws(RunnerError) -> ShimMessage? {
        try during("listening to the shim") { () throws(SystemError) in
            guard let message = try socket.receive(limit: ShimMessage.limit) else { return nil }
            guard let read = ShimMessage(message.bytes) else {
                throw SystemError("receive", "shim", .protocolError, explanation: "an unknown message")
            }
            return read
        }
    }

    /// Asks for something and waits until it is done; false when the shim is gone.
    borrowing func request(_ request: ShimRequest, carrying: CInt = -1, of name: String) throws(RunnerError) -> Bool {
        ask(request, carrying: carrying)
        while let message = try next() {
            if message == .done { return true }
            if case .impossible(let reason) = message { throw .container(name, reason) }
        }
        return false
    }
}
