internal import CLinuxABI
public import LinuxSystem

/// A netlink connection to the kernel, opened in the calling thread's network namespace.
public typealias NetlinkSocket = NetlinkConnection<KernelTransport>

/// Requests and their answers over a transport.
public struct NetlinkConnection<Transport: NetlinkTransport & ~Copyable>: ~Copyable {
    /// What carries the bytes.
    public var transport: Transport
    private var nextSequence: UInt32 = 1
    /// The kernel fills dump datagrams up to 32 KiB when the reader offers as much.
    ///
    /// Not filled with zeros: of its pages only those are touched that the kernel writes, and only what it wrote is read.
    private var buffer = unsafe [UInt8](unsafeUninitializedCapacity: 32768) { $1 = 32768 }
    /// How often an interrupted dump is asked for again: each time the table changed while it was read.
    private static var dumpAttempts: Int { 20 }

    /// Speaks over the transport.
    public init(_ transport: consuming Transport) { self.transport = transport }

    /// Sends the batch in one datagram and reads until each request that asked for it is acknowledged.
    ///
    /// Answers, by request, the error it was refused with, or nil. Messages that are no acknowledgement (an echo, the answer
    /// to a GET) go to `onMessage` with the request's index. A request that asked for no acknowledgement is noted when it is
    /// refused before the last acknowledgement came; refusing the first one so (the opening of an nf_tables batch) concerns
    /// the batch as a whole and is thrown.
    public mutating func perform(
        _ batch: borrowing NetlinkBatch,
        onMessage: (Int, MessageView) throws(SystemError) -> Void = { (_, _) throws(SystemError) in }
    ) throws(SystemError) -> [SystemError?] {
        let first = nextSequence
        nextSequence &+= UInt32(batch.count)
        let acknowledged = batch.number(from: first)
        var missing = 0
        for wanted in acknowledged where wanted { missing += 1 }
        unsafe try batch.withBytes { (bytes) throws(SystemError) in try unsafe transport.send(bytes) }
        var outcomes = [SystemError?](repeating: nil, count: batch.count)
        var answered = [Bool](repeating: false, count: batch.count)
        while missing > 0 {
            var rest = try receive()
            while let message = MessageView(rest) {
                rest = rest.dropFirst(message.paddedSize)
                // Answers to an earlier, abandoned request are passed over.
                let index = Int(message.sequence &- first)
                guard index < batch.count else { continue }
                guard message.type == NLMSG_ERROR else {
                    try onMessage(index, message)
                    continue
                }
                let error = Self.acknowledgement(message, of: batch.type(ofRequest: index))
                guard acknowledged[index] else {
                    // Behind the refused opening of a batch nothing more is answered.
                    if let error, index == 0 { throw error }
                    outcomes[index] = outcomes[index] ?? error
                    continue
                }
                guard !answered[index] else { continue }
                answered[index] = true
                missing -= 1
                outcomes[index] = error
            }
        }
        return outcomes
    }

    /// Sends one request and throws what it was refused with.
    public mutating func performOne(
        _ batch: borrowing NetlinkBatch,
        onMessage: (MessageView) throws(SystemError) -> Void = { (_) throws(SystemError) in }
    ) throws(SystemError) {
        let outcomes = try perform(batch) { (_, message) throws(SystemError) in try onMessage(message) }
        for outcome in outcomes { if let outcome { throw outcome } }
    }

    /// Sends one NLM_F_DUMP request and collects what `decode` makes of each message; nil leaves one out.
    ///
    /// A dump that the kernel marks as interrupted (NLM_F_DUMP_INTR) is asked for again, so the answer is consistent.
    public mutating func dump<Element>(
        _ batch: borrowing NetlinkBatch, limit: Int = 1_000_000, decode: (MessageView) throws(SystemError) -> Element?
    ) throws(SystemError) -> [Element] {
        let type = batch.type(ofRequest: 0)
        for _ in 0..<Self.dumpAttempts {
            var elements: [Element] = []
            let isConsistent = try dumpOnce(batch) { (message) throws(SystemError) in
                guard let element = try decode(message) else { return }
                if elements.count == limit {
                    throw SystemError(
                        requestName(type), "", .fileTooLarge, explanation: "more than \(limit) entries")
                }
                elements.append(element)
            }
            if isConsistent { return elements }
        }
        throw SystemError(
            requestName(type), "", .wouldBlock,
            explanation: "the table changed during each of \(Self.dumpAttempts) dumps")
    }

    /// Sends the request and hands out what comes; false when the kernel marked it as interrupted.
    @inline(never)
    private mutating func dumpOnce(
        _ batch: borrowing NetlinkBatch, onMessage: (MessageView) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        precondition(batch.count == 1, "a dump is one request")
        let sequence = nextSequence
        nextSequence &+= 1
        _ = batch.number(from: sequence)
        let type = batch.type(ofRequest: 0)
        unsafe try batch.withBytes { (bytes) throws(SystemError) in try unsafe transport.send(bytes) }
        var isConsistent = true
        while true {
            var rest = try receive()
            while let message = MessageView(rest) {
                rest = rest.dropFirst(message.paddedSize)
                guard message.sequence == sequence else { continue }
                if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isConsistent = false }
                switch CInt(message.type) {
                case NLMSG_DONE:
                    if let error = Self.acknowledgement(message, of: type) { throw error }
                    return isConsistent
                case NLMSG_ERROR:
                    if let error = Self.acknowledgement(message, of: type) { throw error }
                default: try onMessage(message)
                }
            }
        }
    }

    /// Waits for one datagram; for monitors, which expect messages that no request asked for.
    @inline(never)
    public mutating func receiveMessages(_ body: (MessageView) throws(SystemError) -> Void) throws(SystemError) {
        var rest = try receive()
        while let message = MessageView(rest) {
            rest = rest.dropFirst(message.paddedSize)
            try body(message)
        }
    }

    @inline(never)
    private mutating func receive() throws(SystemError) -> ArraySlice<UInt8> {
        var failure: SystemError?
        let length = unsafe buffer.withUnsafeMutableBytes { bytes in
            do throws(SystemError) {
                return try unsafe transport.receive(into: bytes)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        let datagram = buffer[0..<length]
        guard MessageView(datagram) != nil else {
            throw SystemError(
                "recvfrom", "AF_NETLINK", .protocolError, explanation: "a datagram holds no whole message")
        }
        return datagram
    }

    /// The error in an NLMSG_ERROR or NLMSG_DONE, with the kernel's sentence; nil for success.
    @inline(never)
    private static func acknowledgement(_ message: MessageView, of type: UInt16) -> SystemError? {
        guard let code: CInt = message.payload.load(at: 0) else {
            return SystemError(
                requestName(type), "", .protocolError, explanation: "an acknowledgement is shorter than its header")
        }
        if code == 0 { return nil }
        var sentence = ""
        if message.flags & UInt16(NLM_F_ACK_TLVS) != 0 {
            // struct nlmsgerr: the code and the request's header (with NLM_F_CAPPED), else the whole request behind it.
            var offset = message.type == NLMSG_ERROR ? 4 + MessageView.headerSize : 4
            if message.type == NLMSG_ERROR, message.flags & UInt16(NLM_F_CAPPED) == 0,
                let echoed: UInt32 = message.payload.load(at: 4)
            {
                offset = 4 + (Int(echoed) + 3) & ~3
            }
            let attributes = AttributeSequence(message.payload.dropFirst(offset))
            sentence = attributes.first(UInt16(NLMSGERR_ATTR_MSG.rawValue))?.string ?? ""
        }
        // A hostile number must not overflow when its sign is turned.
        return SystemError(
            requestName(type), "", Errno(rawValue: code == .min ? Errno.protocolError.rawValue : abs(code)),
            explanation: sentence)
    }
}

extension NetlinkConnection where Transport == KernelTransport {
    /// Opens a socket in the calling thread's network namespace.
    public static func open(_ family: NetlinkFamily, groups: UInt32 = 0) throws(SystemError) -> NetlinkSocket {
        NetlinkConnection(try KernelTransport(family, groups: groups))
    }

    /// Sends a batch of one request from a child process, and returns when the kernel has acknowledged it or has announced
    /// something that `suffices`, to a multicast group of this socket.
    ///
    /// Throws what the request was refused with; ETIMEDOUT after `milliseconds`.
    public mutating func performByChild(
        _ batch: borrowing NetlinkBatch, milliseconds: Int, until suffices: (MessageView) -> Bool
    ) throws(SystemError) {
        precondition(batch.count == 1, "one acknowledgement is waited for")
        let sequence = nextSequence
        nextSequence &+= 1
        _ = batch.number(from: sequence)
        let type = batch.type(ofRequest: 0)
        unsafe try batch.withBytes { (bytes) throws(SystemError) in
            unsafe try Errand.send(bytes, on: transport.rawDescriptor())
        }
        let end = Clock.monotonicMilliseconds() + Int64(milliseconds)
        var isDone = false
        var refusal: SystemError?
        while !isDone {
            let left = Int(end - Clock.monotonicMilliseconds())
            guard left > 0 else { throw SystemError(requestName(type), "", .timedOut) }
            guard try Readiness.waitToRead(transport.rawDescriptor(), milliseconds: left) else { continue }
            do throws(SystemError) {
                try receiveMessages { (message) throws(SystemError) in
                    if message.type == NLMSG_ERROR, message.sequence == sequence {
                        refusal = Self.acknowledgement(message, of: type)
                        isDone = true
                    } else if suffices(message) {
                        isDone = true
                    }
                }
            } catch {
                // Announcements were lost in a storm of others: the acknowledgement comes still.
                if error.errno != .noBuffers { throw error }
            }
        }
        if let refusal { throw refusal }
    }
}
