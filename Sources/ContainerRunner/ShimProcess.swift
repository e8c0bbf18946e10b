internal import ContainerShim
internal import LinuxSystem

/// A shim that this process started, and the line to it.
struct ShimProcess: ~Copyable {
    private let socket: MessageSocket
    let process: Int32

    /// Starts a container's shim; output goes to this process's streams when `attached`.
    static func start(
        _ arguments: Shim.Arguments, executable: String, attached: Bool, input: CInt?
    ) throws(RunnerError) -> ShimProcess {
        try during("starting \(executable)") { () throws(SystemError) in
            var pair = try MessageSocket.pair()
            guard let there = pair.takeThere(), let here = pair.takeHere() else {
                preconditionFailure("a fresh pair has both ends")
            }
            let process = try Subprocess.start(
                executable, arguments: [executable] + arguments.line, environment: Environment.all,
                input: there.rawDescriptor, output: attached ? 1 : -1, error: attached ? 2 : -1)
            let shim = ShimProcess(socket: here, process: process)
            try shim.socket.send(ShimRequest.create(attached: attached).bytes, carrying: input ?? -1)
            _ = there.rawDescriptor
            return shim
        }
    }

    private init(socket: consuming MessageSocket, process: Int32) {
        self.socket = socket
        self.process = process
    }

    var pollDescriptor: CInt { socket.rawDescriptor }

    /// Asks for something; a shim that is gone is noticed when it is next listened to.
    borrowing func ask(_ request: ShimRequest) { try? socket.send(request.bytes) }

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

    /// Waits for the shim's own end.
    borrowing func reap() { _ = try? ProcessHandle.reap(process) }
}
