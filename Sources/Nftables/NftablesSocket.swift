internal import CLinuxABI
public import LinuxSystem
public import Netlink

/// A connection to nf_tables in the kernel.
public typealias NftablesSocket = NftablesConnection<KernelTransport>

/// Changes and reads the rule set of one network namespace: the one whose socket carries the messages.
public struct NftablesConnection<Transport: NetlinkTransport & ~Copyable>: ~Copyable {
    var connection: NetlinkConnection<Transport>
    /// Whether closing the socket will wait, 10 to 20 ms, for the kernel's grace period.
    ///
    /// Something was removed, or a refused transaction was taken back; the refusal itself has waited as long already.
    public private(set) var closingWaits = false

    /// Speaks over `transport`: the kernel's, or a test's that plays the kernel.
    public init(_ transport: consuming Transport) {
        connection = NetlinkConnection(transport)
    }

    /// A command the kernel refused: its index in the transaction, and why; the error's subject is the command's text.
    public struct Refusal: Hashable, Sendable {
        /// The command's place in the transaction.
        public let index: Int
        /// Why, about the command's text.
        public let error: SystemError
    }

    /// Applies `transaction` whole, or throws the first refusal: then nothing was applied.
    public mutating func commit(_ transaction: Transaction) throws(SystemError) {
        if let first = try attempt(transaction).first { throw first.error }
    }

    /// Applies `transaction` whole and answers nothing, or applies nothing and answers every command that was refused.
    ///
    /// Throws when the transaction was refused as a whole: EPERM without CAP_NET_ADMIN, ERESTART when the rule set is no
    /// longer of the transaction's generation.
    public mutating func attempt(_ transaction: Transaction) throws(SystemError) -> [Refusal] {
        if transaction.isEmpty { return [] }
        let encoder = CommandEncoder(transaction)
        prepare(encoder.batch.byteCount, encoder.commandOfMessage.count)
        let outcomes: [SystemError?]
        do throws(SystemError) {
            outcomes = try connection.perform(encoder.batch)
        } catch {
            // The opening's number is another message's in rtnetlink, whose name Netlink gave it.
            let isRefusal = error.operation != "sendto" && error.operation != "recvfrom"
            let operation = isRefusal ? "NFNL_MSG_BATCH_BEGIN" : error.operation
            throw SystemError(
                operation, "the transaction that begins with: \(transaction.commands[0].summary)", error.errno,
                explanation: error.explanation)
        }
        closingWaits = closingWaits || transaction.commands.contains { $0.isRemoval }
        var refusals: [Refusal] = []
        for (message, outcome) in outcomes.enumerated() {
            guard let error = outcome else { continue }
            let index = encoder.commandOfMessage[message]
            guard index >= 0 else { throw error }
            closingWaits = true
            if refusals.last?.index == index { continue }
            let command = transaction.commands[index]
            refusals.append(
                Refusal(
                    index: index,
                    error: SystemError(
                        command.messageName, command.summary, error.errno, explanation: error.explanation)))
        }
        return refusals
    }

    /// Applies `transaction` without the commands that are refused with one of `tolerated`, and answers their indices.
    ///
    /// ENOENT when deleting what may be gone already, EBUSY when removing a chain others may lead to. Each round leaves out
    /// at least one command, so there are at most as many rounds as commands; one without commands ends it.
    @discardableResult
    public mutating func commit(_ transaction: Transaction, tolerating tolerated: [Errno]) throws(SystemError) -> [Int]
    {
        var left = transaction
        var indices = Array(transaction.commands.indices)
        var dropped: [Int] = []
        while true {
            let refusals = try attempt(left)
            if refusals.isEmpty { return dropped }
            for refusal in refusals where !tolerated.contains(refusal.error.errno) { throw refusal.error }
            let refused = refusals.map { $0.index }
            for index in refused { dropped.append(indices[index]) }
            left = left.removing(refused)
            indices = remaining(indices, without: refused)
        }
    }

    /// Room for a large batch and the errors it may earn, each at most a page in the kernel's accounting.
    private func prepare(_ bytes: Int, _ messages: Int) {
        if bytes > 65536 { connection.transport.reserve(sending: bytes, receiving: min(messages, 16384) * 1024) }
    }
}

extension NftablesConnection where Transport == KernelTransport {
    /// Opens a socket in the calling thread's network namespace.
    public static func open() throws(SystemError) -> NftablesSocket {
        NftablesConnection(try KernelTransport(.netfilter))
    }

    /// Leaves the wait that closing this socket takes to a child process; does nothing when it takes none.
    ///
    /// For single-threaded programs that end soon: the child lives as long as they do.
    public borrowing func leaveClosingToChild() throws(SystemError) {
        if closingWaits { try Errand.holdUntilEnd(connection.transport.rawDescriptor()) }
    }
}

private func remaining(_ indices: [Int], without refused: [Int]) -> [Int] {
    var left: [Int] = []
    for (position, index) in indices.enumerated() where !refused.contains(position) { left.append(index) }
    return left
}
