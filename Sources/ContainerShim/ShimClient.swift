internal import LinuxSystem

/// The shim's line to the runner that started it, which may be gone at any time.
struct ShimClient: ~Copyable {
    /// What the runner asked to be made.
    struct Creation: ~Copyable {
        let attached: Bool
        private var input: OwnedDescriptor?

        init(attached: Bool, input: consuming OwnedDescriptor?) {
            self.attached = attached
            self.input = input
        }

        mutating func takeInput() -> OwnedDescriptor? { input.take() }
    }

    private let socket: MessageSocket

    init(_ socket: consuming MessageSocket) { self.socket = socket }

    var pollDescriptor: CInt { socket.rawDescriptor }

    /// Says something; a runner that is gone does not hear it.
    borrowing func tell(_ message: ShimMessage) { try? socket.send(message.bytes) }

    /// The first request; nil when the runner is gone or asks for something else.
    borrowing func waitForCreation() throws(SystemError) -> Creation? {
        guard var message = try socket.receive(limit: ShimMessage.limit) else { return nil }
        guard case .create(let attached) = ShimRequest(message.bytes) else { return nil }
        return Creation(attached: attached, input: message.takeDescriptor())
    }

    /// The next request; nil when the runner is gone.
    borrowing func next() -> ShimRequest? {
        while let message = try? socket.receive(limit: ShimMessage.limit) {
            if let request = ShimRequest(message.bytes) { return request }
        }
        return nil
    }

    /// Whether the runner is there; its next request, if there is one, is lost.
    ///
    /// Before the start it has none to make.
    borrowing func isThere() -> Bool { next() != nil }

    /// What the runner decides once the container is ready.
    enum Decision {
        /// Run the command.
        case start
        /// Give up: the runner has released everything.
        case abandon
        /// The runner is gone.
        case gone
    }

    /// Waits for the runner's decision.
    borrowing func waitForDecision() -> Decision {
        while let request = next() {
            if request == .start { return .start }
            if request == .released { return .abandon }
        }
        return .gone
    }

    /// Whether the runner has released everything; false when it is gone.
    borrowing func waitForRelease() -> Bool {
        while let request = next() { if request == .released { return true } }
        return false
    }
}
