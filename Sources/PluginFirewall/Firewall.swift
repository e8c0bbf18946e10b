internal import Addressing
public import CNI
internal import LinuxSystem
internal import Nftables

/// The host's tables as one plugin run sees them: what an attachment has there, added, found and removed.
///
/// Every verb is one batch in the common case; what is shared is only made when the kernel says that it is missing.
public struct Firewall: ~Copyable {
    var socket: NftablesSocket
    private let claims: PortClaims?

    /// Connects to nf_tables in the calling thread's network namespace.
    ///
    /// Who adds or removes published ports says how their claims are counted.
    public static func open(claims: PortClaims? = nil) throws(FirewallError) -> Firewall {
        try Firewall(socket: system { () throws(SystemError) in try NftablesSocket.open() }, claims)
    }

    private init(socket: consuming NftablesSocket, _ claims: PortClaims?) {
        self.socket = socket
        self.claims = claims
    }

    /// Ends the connection; after removals a child of this single-threaded process bears the wait that the kernel imposes.
    ///
    /// Without this call, or with `waiting`, the wait of some 20 ms is the caller's.
    public consuming func end(waiting: Bool = false) {
        // Should no child start, the wait is ours; nothing else is lost.
        if !waiting { try? socket.leaveClosingToChild() }
    }

    /// Adds elements with the owner's tag, all or none.
    ///
    /// Those that are there already with the same tag and value are fine. An address or a link that carries another
    /// owner's tag is taken over: it is ours now, and what is there outlived its owner. A port of another owner is refused.
    public mutating func add(_ elements: [FirewallElement], owner: Owner) throws(FirewallError) {
        try apply(Addition(elements, tag: owner.tag))
    }

    mutating func apply(_ addition: Addition) throws(FirewallError) {
        var addition = addition
        for _ in 0..<Self.attempts {
            let transaction = addition.transaction()
            let refusals = try system { () throws(SystemError) in try self.socket.attempt(transaction) }
            if refusals.isEmpty { return }
            var isMissing = false
            var exists = false
            for refusal in refusals {
                switch refusal.error.errno {
                case .noEntry: isMissing = true
                case .exists, .notEmpty: exists = true
                default: throw FirewallError(.system(refusal.error))
                }
            }
            if isMissing {
                guard !addition.includesShared else { throw FirewallError(.system(refusals[0].error)) }
                addition.includesShared = true
                addition.includesGate = try needsGate(addition)
            }
            if exists { try resolve(&addition) }
        }
        throw FirewallError(.unsettled)
    }

    /// Leaves out what is there already, and marks what must be replaced.
    private mutating func resolve(_ addition: inout Addition) throws(FirewallError) {
        let present = try find(addition.elements)
        var left: [FirewallElement] = []
        for (element, found) in zip(addition.elements, present) {
            guard let found else {
                left.append(element)
                continue
            }
            if found.comment == addition.tag, element.equals(found) { continue }
            let outlived = FirewallElement(element.set, found).target == element.target
            if element.set.kind.isContested, found.comment != addition.tag, !outlived {
                throw FirewallError(.taken(PublishedPort.text(of: element), owner: Self.name(found.comment)))
            }
            addition.stale.append(FirewallElement(element.set, found))
            left.append(element)
        }
        addition.elements = left
    }

    private mutating func needsGate(_ addition: Addition) throws(FirewallError) -> Bool {
        guard let name = addition.gate?.chain else { return false }
        return try system { () throws(SystemError) in try self.socket.chain(name, in: Layout.table) } == nil
    }

    /// The kernel's element for each of these, found by key; nil where there is none.
    mutating func find(_ elements: [FirewallElement]) throws(FirewallError) -> [Element?] {
        var found: [Element?] = []
        found.reserveCapacity(elements.count)
        var rest = elements[...]
        while !rest.isEmpty {
            let queries = rest.prefix(Self.queryLimit).map { ElementQuery($0.key, in: $0.set.definition) }
            rest = rest.dropFirst(Self.queryLimit)
            found += try system { () throws(SystemError) in try self.socket.elements(queries) }
        }
        return found
    }

    /// The elements that are not there with the owner's tag and value.
    public mutating func missing(_ elements: [FirewallElement], owner: Owner) throws(FirewallError)
        -> [FirewallElement]
    {
        let present = try find(elements)
        var missing: [FirewallElement] = []
        for (element, found) in zip(elements, present) {
            if let found, found.comment == owner.tag, element.equals(found) { continue }
            missing.append(element)
        }
        return missing
    }

    /// Removes those of the elements that carry the owner's tag; what is gone already is fine.
    public mutating func remove(_ elements: [FirewallElement], owner: Owner) throws(FirewallError) {
        let present = try find(elements)
        var own: [FirewallElement] = []
        for (element, found) in zip(elements, present) {
            if let found, found.comment == owner.tag { own.append(FirewallElement(element.set, found)) }
        }
        try delete(own)
    }

    /// Removes every element of these sets that carries the owner's tag: for attachments without a record.
    @discardableResult
    public mutating func removeAll(in sets: [SharedSet], owner: Owner) throws(FirewallError) -> [FirewallElement] {
        let tag = owner.tag
        return try removeAll(in: sets) { $0 == tag }
    }

    /// Removes the elements of these sets that belong to attachments of the network that are not to be kept.
    @discardableResult
    public mutating func collectGarbage(in sets: [SharedSet], network: String, keeping valid: [Owner])
        throws(FirewallError) -> [FirewallElement]
    {
        let kept = valid.map { $0.tag }
        return try removeAll(in: sets) { Owner.tag($0, belongsTo: network) && !kept.contains($0) }
    }

    @inline(never)
    mutating func removeAll(in sets: [SharedSet], where isMeant: (String) -> Bool) throws(FirewallError)
        -> [FirewallElement]
    {
        var meant: [FirewallElement] = []
        for set in sets {
            let definition = set.definition
            let elements = try system { () throws(SystemError) in try self.socket.elements(of: definition) } ?? []
            for element in elements where isMeant(element.comment) { meant.append(FirewallElement(set, element)) }
        }
        try delete(meant)
        return meant
    }

    /// Deletes by key, together with what the port claims must then say.
    mutating func delete(_ elements: [FirewallElement]) throws(FirewallError) {
        if elements.isEmpty { return }
        var transaction = Transaction()
        for group in Self.grouped(elements) {
            transaction.append(.deleteElements(group.map { $0.tagged("") }, group[0].set.definition))
        }
        assert(claims != nil || elements.allSatisfy { $0.set.kind != .hostip }, "claims on ports have to be counted")
        if let claims {
            for command in try claims.changes(&self, elements) { transaction.append(command) }
        }
        // Somebody else may have removed the same, or all: then what is left is removed one by one.
        let refusals = try system { () throws(SystemError) in try self.socket.attempt(transaction) }
        if refusals.isEmpty { return }
        var single = Transaction()
        for element in elements { single.delete(element.tagged(""), from: element.set.definition) }
        try system { () throws(SystemError) in _ = try self.socket.commit(single, tolerating: [.noEntry]) }
    }

    /// The elements in groups of one set each, small enough for one message.
    static func grouped(_ elements: [FirewallElement]) -> [[FirewallElement]] {
        var groups: [[FirewallElement]] = []
        for element in elements {
            if let last = groups.last, last[0].set == element.set, last.count < groupLimit {
                groups[groups.count - 1].append(element)
            } else {
                groups.append([element])
            }
        }
        return groups
    }

    /// An owner's tag, or what to say where there is none.
    static func name(_ tag: String) -> String { tag.utf8.isEmpty ? "an element without an owner" : tag }

    /// How often a transaction is built again because what it found was not as expected.
    static let attempts = 5
    /// How many elements are asked for in one send.
    private static let queryLimit = 128
    /// How many elements one message carries: its attributes are at most 65,535 bytes.
    private static let groupLimit = 256
}

/// Runs with a connection to nf_tables.
///
/// After removals, the wait that closing it means is left to a child process unless `waiting`: for single-threaded programs.
@inline(never)
public func withFirewall(
    waiting: Bool = false, claims: PortClaims? = nil, _ body: (inout Firewall) throws(FirewallError) -> Void
) throws(CNIError) {
    do throws(FirewallError) {
        var firewall = try Firewall.open(claims: claims)
        try body(&firewall)
        firewall.end(waiting: waiting)
    } catch {
        throw error.cniError
    }
}
