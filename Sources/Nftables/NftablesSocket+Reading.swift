internal import CLibnftnl
internal import CLinuxABI
public import LinuxSystem
internal import Netlink

extension NftablesConnection where Transport: ~Copyable {
    /// The number of the rule set's present state; each transaction that changes something makes a new one.
    public mutating func generation() throws(SystemError) -> UInt32 {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETGEN, 0, 0)
        var generation: UInt32?
        try connection.performOne(batch) { (message) throws(SystemError) in
            guard let content = NftablesMessage(message, NFT_MSG_NEWGEN) else { return }
            generation = content.attributes.first(NFTA_GEN_ID.attribute)?.bigEndian() ?? generation
        }
        guard let generation else {
            throw SystemError("NFT_MSG_GETGEN", "", .protocolError, explanation: "the answer has no generation")
        }
        return generation
    }

    /// The comment of a table; nil when there is no such table.
    public mutating func comment(of table: Table) throws(SystemError) -> String? {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETTABLE, table.family.rawValue, 0) { batch in
            batch.put(NFTA_TABLE_NAME.attribute, string: table.name)
        }
        var comment: String?
        try expectingAbsence { (self) throws(SystemError) in
            try self.connection.performOne(batch) { (message) throws(SystemError) in
                guard let content = NftablesMessage(message, NFT_MSG_NEWTABLE) else { return }
                comment = content.attributes.first(NFTA_TABLE_USERDATA.attribute).map {
                    UserData.comment(in: $0.content)
                }
                comment = comment ?? ""
            }
        }
        return comment
    }

    /// Whether there is such a table.
    public mutating func exists(_ table: Table) throws(SystemError) -> Bool {
        try comment(of: table) != nil
    }

    /// All tables, of every family unless one is named.
    public mutating func tables(_ family: TableFamily? = nil) throws(SystemError) -> [Table] {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETTABLE, family?.rawValue ?? 0, NLM_F_DUMP)
        return try connection.dump(batch) { (message) throws(SystemError) in
            guard let content = NftablesMessage(message, NFT_MSG_NEWTABLE),
                let name = content.attributes.first(NFTA_TABLE_NAME.attribute)
            else { return nil }
            return Table(observed: content.family, name.string)
        }
    }

    /// All chains, of every family unless one is named.
    public mutating func chains(_ family: TableFamily? = nil) throws(SystemError) -> [ObservedChain] {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETCHAIN, family?.rawValue ?? 0, NLM_F_DUMP)
        return try connection.dump(batch) { (message) throws(SystemError) in ObservedChain(message) }
    }

    /// One chain by name; nil when it or its table is not there.
    public mutating func chain(_ name: String, in table: Table) throws(SystemError) -> ObservedChain? {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETCHAIN, table.family.rawValue, 0) { batch in
            batch.put(NFTA_CHAIN_TABLE.attribute, string: table.name)
            batch.put(NFTA_CHAIN_NAME.attribute, string: name)
        }
        var chain: ObservedChain?
        try expectingAbsence { (self) throws(SystemError) in
            try self.connection.performOne(batch) { (message) throws(SystemError) in
                chain = ObservedChain(message) ?? chain
            }
        }
        return chain
    }

    /// The rules of a chain in their order; none when there is no such chain.
    @inline(never)
    public mutating func rules(of chain: String, in table: Table) throws(SystemError) -> [ObservedRule] {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETRULE, table.family.rawValue, NLM_F_DUMP) { batch in
            batch.put(NFTA_RULE_TABLE.attribute, string: table.name)
            batch.put(NFTA_RULE_CHAIN.attribute, string: chain)
        }
        // Filtering is the kernel's work; one that does not know it answers with every rule.
        return try connection.dump(batch) { (message) throws(SystemError) in
            guard let rule = ObservedRule(message), rule.table == table, rule.chain == chain else { return nil }
            return rule
        }
    }

    /// The sets and maps of a table; none when there is no such table.
    public mutating func sets(in table: Table) throws(SystemError) -> [ObservedSet] {
        try sets(in: table) { ObservedSet($0) }
    }

    /// The names of all sets and maps of a table; none when there is no such table.
    public mutating func setNames(in table: Table) throws(SystemError) -> [String] {
        try sets(in: table) { message in
            NftablesMessage(message, NFT_MSG_NEWSET)?.attributes.first(NFTA_SET_NAME.attribute)?.string
        }
    }

    private mutating func sets<Found>(in table: Table, as found: (MessageView) -> Found?) throws(SystemError) -> [Found]
    {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETSET, table.family.rawValue, NLM_F_DUMP) { batch in
            batch.put(NFTA_SET_TABLE.attribute, string: table.name)
        }
        var sets: [Found] = []
        try expectingAbsence { (self) throws(SystemError) in
            sets = try self.connection.dump(batch) { (message) throws(SystemError) in found(message) }
        }
        return sets
    }

    /// All elements of `set`; nil when it or its table is not there.
    public mutating func elements(of set: NamedSet) throws(SystemError) -> [Element]? {
        var batch = NetlinkBatch()
        request(&batch, NFT_MSG_GETSETELEM, set.table.family.rawValue, NLM_F_DUMP) { batch in
            batch.put(NFTA_SET_ELEM_LIST_TABLE.attribute, string: set.table.name)
            batch.put(NFTA_SET_ELEM_LIST_SET.attribute, string: set.name)
        }
        var messages: [[StoredElement]]?
        try expectingAbsence { (self) throws(SystemError) in
            messages = try self.connection.dump(batch) { (message) throws(SystemError) in
                StoredElement.decode(message)
            }
        }
        guard let messages else { return nil }
        var stored: [StoredElement] = []
        for message in messages { stored.append(contentsOf: message) }
        return set.elements(stored)
    }

    /// The element of `set` that holds `key`; nil when there is none, or no such set.
    public mutating func element(_ key: [Field], in set: NamedSet) throws(SystemError) -> Element? {
        try elements([ElementQuery(key, in: set)])[0]
    }

    /// The element that each query finds, nil where there is none: asked together, in one message to the kernel.
    ///
    /// Where intervals are stored as two elements, what is answered is the interval's first key alone.
    public mutating func elements(_ queries: [ElementQuery]) throws(SystemError) -> [Element?] {
        if queries.isEmpty { return [] }
        var batch = NetlinkBatch()
        for query in queries {
            let key = StoredElement(key: query.key.bytes)
            unsafe withSetObject(query.set.table, query.set.name, [key]) { object in
                unsafe batch.rawRequest(headroom: 2048) { place in
                    let header = unsafe nftnl_nlmsg_build_hdr(
                        place.assumingMemoryBound(to: CChar.self), nftablesType(NFT_MSG_GETSETELEM),
                        UInt16(query.set.table.family.rawValue), UInt16(NLM_F_ACK), 0)
                    unsafe nftnl_set_elems_nlmsg_build_payload(header, object)
                }
            }
        }
        var found = [Element?](repeating: nil, count: queries.count)
        let outcomes = try connection.perform(batch) { (index, message) throws(SystemError) in
            found[index] = queries[index].set.elements(StoredElement.decode(message)).first ?? found[index]
        }
        for outcome in outcomes { if let outcome, outcome.errno != .noEntry { throw outcome } }
        return found
    }

    /// Appends a request for what `put` names.
    private func request(
        _ batch: inout NetlinkBatch, _ type: nf_tables_msg_types, _ family: UInt8, _ flags: CInt,
        _ put: (inout NetlinkBatch) -> Void = { _ in }
    ) {
        let header = nfgenmsg(nfgen_family: family, version: UInt8(NFNETLINK_V0), res_id: 0)
        batch.request(
            nftablesType(type), flags: UInt16(flags), acknowledged: flags & NLM_F_DUMP == 0, header: header, put)
    }

    /// Runs `body` and lets ENOENT pass: what it reads is not there.
    private mutating func expectingAbsence(
        _ body: (inout Self) throws(SystemError) -> Void
    ) throws(SystemError) {
        do throws(SystemError) {
            try body(&self)
        } catch {
            if error.errno != .noEntry { throw error }
        }
    }
}

/// Which element is asked for.
public struct ElementQuery: Hashable, Sendable {
    /// The key to look for.
    public let key: [Field]
    /// Where to look.
    public let set: NamedSet

    /// Asks `set` for `key`.
    public init(_ key: [Field], in set: NamedSet) {
        self.key = key
        self.set = set
    }
}
