internal import LinuxSystem

/// One program at the shim's socket: the one that started it, which may be gone at any time, or one that came later.
///
/// What it does not take at once is kept for it. The container's output is not read on meanwhile, so that what is kept
/// is one piece of a stream and a few words.
final class ShimConnection {
    /// Whether it is the program that started the container.
    let isCreator: Bool
    /// Whether it is sent the container's output.
    private(set) var isAttached = false
    /// Whether it is told of the final end.
    var waitsForEnd = false
    /// Whether it is told when the command runs again.
    var waitsForStart = false
    /// Nothing can be sent to it or comes from it any more.
    private(set) var isGone = false

    /// Whether it has not asked for anything yet.
    private(set) var isNew: Bool

    private let socket: MessageSocket
    private var kept: [[UInt8]] = []
    private var fullSince: Int64 = 0

    private static let keptLimit = 16  // messages: the words around one piece of output, with room

    init(_ socket: consuming MessageSocket, isCreator: Bool) {
        self.socket = socket
        self.isCreator = isCreator
        isNew = !isCreator
    }

    var descriptor: CInt { socket.rawDescriptor }

    /// Whether it has not taken all that was sent to it.
    var isBehind: Bool { !kept.isEmpty && !isGone }

    /// Sends it the output from now on.
    func attach() {
        isAttached = true
        waitsForEnd = true
    }

    /// Sends it no more output.
    func detach() { isAttached = false }

    /// From here on neither sends nor receives wait.
    func stopWaiting() throws(SystemError) { try socket.setNonBlocking() }

    /// Says something; a program that is gone does not hear it.
    func tell(_ message: ShimMessage) {
        let bytes = message.bytes
        send(bytes, count: bytes.count)
    }

    /// Sends the first `count` bytes.
    func send(_ bytes: [UInt8], count: Int) {
        if isGone { return }
        if kept.isEmpty {
            switch socket.offer(bytes, count: count) {
            case .taken: return
            case .gone:
                isGone = true
                return
            case .full: fullSince = Clock.monotonicMilliseconds()
            }
        }
        if kept.count == Self.keptLimit { isGone = true } else { kept.append(Array(bytes[0..<count])) }
    }

    /// Sends what was kept, as much of it as goes.
    func flush() {
        while let first = kept.first {
            switch socket.offer(first, count: first.count) {
            case .taken:
                kept.removeFirst()
                fullSince = Clock.monotonicMilliseconds()
            case .full: return
            case .gone:
                isGone = true
                return
            }
        }
    }

    /// Milliseconds until it counts as stuck; nil while it takes what it is sent, and for the one that started the
    /// container: its reader may be a person who reads slowly, and what it does not read would be lost.
    func patienceLeft(now: Int64) -> Int64? {
        guard isBehind, !(isCreator && isAttached) else { return nil }
        return max(0, fullSince + Self.patience - now)
    }

    static let patience: Int64 = 2000  // milliseconds

    /// Gives it up.
    func drop() { isGone = true }

    /// The next request with what came with it; nil when there is none now, or ever.
    func next() -> ShimRequest? {
        var carried: OwnedDescriptor?
        return next(&carried)
    }

    /// The next request; a descriptor that came with it is put into `carried`.
    func next(_ carried: inout OwnedDescriptor?) -> ShimRequest? {
        while !isGone {
            do throws(SystemError) {
                guard var message = try socket.receive(limit: ShimMessage.limit) else {
                    isGone = true
                    return nil
                }
                guard let request = ShimRequest(message.bytes) else { continue }
                carried = message.takeDescriptor()
                isNew = false
                return request
            } catch {
                if error.errno == .wouldBlock { return nil }
                // A message of another program's making: its sender is of no use.
                isGone = true
            }
        }
        return nil
    }
}

/// What the program that started the container decides, while the shim waits for nothing else.
extension ShimConnection {
    /// What it decides once the container is ready.
    enum Decision {
        /// Run the command.
        case start
        /// Give up: it has released everything.
        case abandon
        /// It is gone.
        case gone
    }

    func waitForDecision() -> Decision {
        while let request = next() {
            if request == .start { return .start }
            if request == .released { return .abandon }
        }
        return .gone
    }
}
