internal import CLinux

/// One end of a connected pair of sockets that keep the borders of messages and can carry a descriptor.
public struct MessageSocket: ~Copyable, Sendable {
    /// One message, and the descriptor that came with it.
    public struct Message: ~Copyable, Sendable {
        /// The bytes as they were sent.
        public let bytes: [UInt8]
        private var carried: OwnedDescriptor?

        init(bytes: [UInt8], descriptor: consuming OwnedDescriptor?) {
            self.bytes = bytes
            carried = descriptor
        }

        /// The descriptor, once.
        public mutating func takeDescriptor() -> OwnedDescriptor? { carried.take() }
    }

    private let descriptor: OwnedDescriptor

    /// Takes over an open socket.
    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// The number, to poll or to hand to a program started while this value lives.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// The two ends of a new connection.
    public static func pair() throws(SystemError) -> MessagePair {
        var first: CInt = -1
        var second: CInt = -1
        let result = unsafe hw_message_pair(&first, &second)
        if result < 0 { throw SystemError("socketpair", "", Errno(rawValue: -result)) }
        return MessagePair(
            here: MessageSocket(OwnedDescriptor(owning: first)), there: MessageSocket(OwnedDescriptor(owning: second)))
    }

    /// Sends one message; EPIPE when the other end is gone.
    ///
    /// The receiver gets a duplicate of `carrying`.
    public borrowing func send(_ bytes: [UInt8], carrying: CInt = -1) throws(SystemError) {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe hw_message_send(descriptor.rawValue, $0.baseAddress, $0.count, carrying)
        }
        if result < 0 { throw SystemError("sendmsg", "", Errno(rawValue: -result)) }
    }

    /// Waits for a message; nil when the other end is closed, EMSGSIZE when it is longer than `limit` bytes.
    public borrowing func receive(limit: Int) throws(SystemError) -> Message? {
        var buffer = [UInt8](repeating: 0, count: limit)
        var carried: CInt = -1
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe hw_message_receive(descriptor.rawValue, $0.baseAddress, $0.count, &carried)
        }
        let owned: OwnedDescriptor? = carried < 0 ? nil : OwnedDescriptor(owning: carried)
        if count < 0 { throw SystemError("recvmsg", "", Errno(rawValue: CInt(-count))) }
        if count == 0 { return nil }
        return Message(bytes: Array(buffer[0..<count]), descriptor: owned)
    }
}

/// The two ends of a new connection, each to be taken by its owner.
public struct MessagePair: ~Copyable, Sendable {
    private var here: MessageSocket?
    private var there: MessageSocket?

    init(here: consuming MessageSocket, there: consuming MessageSocket) {
        self.here = consume here
        self.there = consume there
    }

    /// The end to keep, once.
    public mutating func takeHere() -> MessageSocket? { here.take() }

    /// The end to give away, once.
    public mutating func takeThere() -> MessageSocket? { there.take() }
}
