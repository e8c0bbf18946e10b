internal import CLinux

/// A named message socket that others of this user connect to: `MessageSocket.connect`.
public struct MessageListener: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// Listens under a name of the directory, for this user only; a name that nobody listens at is taken over.
    public static func open(_ name: String, in directory: borrowing Directory) throws(SystemError) -> MessageListener {
        let result = unsafe hw_message_listen(directory.descriptor.rawValue, name)
        if result < 0 { throw SystemError("bind", "\(directory.path)/\(name)", Errno(rawValue: -result)) }
        return MessageListener(descriptor: OwnedDescriptor(owning: result))
    }

    /// The number, to poll.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// The next connection, which never waits; nil when there is none, or it came from another user.
    public borrowing func accept() -> MessageSocket? {
        let result = hw_message_accept(descriptor.rawValue)
        return result < 0 ? nil : MessageSocket(OwnedDescriptor(owning: result))
    }
}

extension MessageSocket {
    /// Connects to a listener's name in the directory; nil when nobody listens there.
    public static func connect(_ name: String, in directory: borrowing Directory) throws(SystemError) -> MessageSocket?
    {
        let result = unsafe hw_message_connect(directory.descriptor.rawValue, name)
        if result >= 0 { return MessageSocket(OwnedDescriptor(owning: result)) }
        let errno = Errno(rawValue: -result)
        if errno == .noEntry || errno == .connectionRefused { return nil }
        throw SystemError("connect", "\(directory.path)/\(name)", errno)
    }

    /// Lets sends and receives answer EAGAIN instead of waiting.
    public borrowing func setNonBlocking() throws(SystemError) {
        if clinux_fcntl(rawDescriptor, F_SETFL, clinux_fcntl(rawDescriptor, F_GETFL, 0) | O_NONBLOCK) != 0 {
            throw .last("fcntl")
        }
    }

    /// What became of a message that was offered.
    public enum Offer: Hashable, Sendable {
        /// It is on its way.
        case taken
        /// The other end has too much to read already: again when the socket can be written to.
        case full
        /// The other end is gone.
        case gone
    }

    /// Sends the first `count` bytes as one message, on a socket that does not wait.
    public borrowing func offer(_ bytes: [UInt8], count: Int) -> Offer {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe hw_message_send(rawDescriptor, $0.baseAddress, count, -1)
        }
        if result == 0 { return .taken }
        let errno = Errno(rawValue: -result)
        return errno == .wouldBlock || errno == .noBuffers ? .full : .gone
    }
}
