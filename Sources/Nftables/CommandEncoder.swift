internal import CLibnftnl
internal import CLinuxABI
internal import Netlink

// SAFETY: every libnftnl object is freed in the scope that allocated it, or handed to one that is; libnftnl copies names
// and data. Messages are built in places of `headroom` bytes, and the bounds of what is put there are given beside it.

/// Turns a transaction's commands into nf_tables messages, with libnftnl.
struct CommandEncoder: ~Copyable {
    /// The most elements in one message: at under 700 bytes each, their list stays below the 65,535 of an attribute.
    static let elementsPerMessage = 64
    private static let elementBytes = 704

    private(set) var batch: NetlinkBatch
    /// For each message the index of the command it is part of; -1 for the two that frame the batch.
    private(set) var commandOfMessage: [Int] = []

    /// Frames and encodes a transaction.
    ///
    /// Only the last command asks for an acknowledgement: errors come unasked.
    init(_ transaction: Transaction) {
        batch = NetlinkBatch()
        frame(UInt16(NFNL_MSG_BATCH_BEGIN), generation: transaction.generation)
        let last = transaction.commands.count - 1
        for (index, command) in transaction.commands.enumerated() {
            encode(command, index, acknowledged: index == last)
        }
        frame(UInt16(NFNL_MSG_BATCH_END), generation: nil)
    }

    @inline(never)
    private mutating func frame(_ type: UInt16, generation: UInt32?) {
        let header = nfgenmsg(
            nfgen_family: UInt8(AF_UNSPEC), version: UInt8(NFNETLINK_V0), res_id: UInt16(NFNL_SUBSYS_NFTABLES).bigEndian
        )
        batch.request(type, flags: 0, acknowledged: false, header: header) { batch in
            if let generation { batch.put(UInt16(NFNL_BATCH_GENID.rawValue), bigEndian: generation) }
        }
        commandOfMessage.append(-1)
    }

    private mutating func encode(_ command: Command, _ index: Int, acknowledged: Bool) {
        switch command {
        case .addTable(let table, let comment): self.table(table, comment, NFT_MSG_NEWTABLE, index, acknowledged)
        case .deleteTable(let table): self.table(table, "", NFT_MSG_DELTABLE, index, acknowledged)
        case .addChain(let chain): self.chain(chain, NFT_MSG_NEWCHAIN, index, acknowledged)
        case .deleteChain(let table, let name):
            chain(Chain(table, name), NFT_MSG_DELCHAIN, index, acknowledged)
        case .addSet(let set): self.set(set, index, acknowledged)
        case .deleteSet(let table, let name):
            setMessage(table, name, [], NFT_MSG_DELSET, 0, headroom: 1024, index, acknowledged)
        case .flushSet(let table, let name):
            setMessage(table, name, [], NFT_MSG_DELSETELEM, 0, headroom: 1024, index, acknowledged)
        case .addElements(let elements, let set, let exclusive):
            let flags = NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0)
            self.elements(elements, set, NFT_MSG_NEWSETELEM, flags, index, acknowledged)
        case .deleteElements(let elements, let set):
            self.elements(elements, set, NFT_MSG_DELSETELEM, 0, index, acknowledged)
        case .addRule(let rule): self.rule(rule, NLM_F_CREATE | NLM_F_APPEND, index, acknowledged)
        case .insertRule(let rule): self.rule(rule, NLM_F_CREATE, index, acknowledged)
        case .deleteRule(let table, let chain, let handle): deleteRules(table, chain, handle, index, acknowledged)
        case .flushChain(let table, let chain): deleteRules(table, chain, nil, index, acknowledged)
        }
    }

    /// Appends a message whose payload `build` writes with libnftnl.
    @inline(never)
    private mutating func message(
        _ type: nf_tables_msg_types, _ family: TableFamily, _ flags: CInt, headroom: Int, _ index: Int,
        _ acknowledged: Bool, _ build: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) {
        let type = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue)
        let flags = UInt16(flags) | (acknowledged ? UInt16(NLM_F_ACK) : 0)
        unsafe batch.rawRequest(headroom: headroom) { place in
            let header = unsafe nftnl_nlmsg_build_hdr(
                place.assumingMemoryBound(to: CChar.self), type, UInt16(family.rawValue), flags, 0)
            guard let header = unsafe header else { preconditionFailure("libnftnl answers its argument") }
            unsafe build(header)
        }
        commandOfMessage.append(index)
    }

    // MARK: Tables and chains

    private mutating func table(
        _ table: Table, _ comment: String, _ type: nf_tables_msg_types, _ index: Int, _ acknowledged: Bool
    ) {
        let object = unsafe required(nftnl_table_alloc())
        defer { unsafe nftnl_table_free(object) }
        unsafe nftnl_table_set_str(object, UInt16(NFTNL_TABLE_NAME.rawValue), table.name)
        let userData = UserData.comment(comment)
        if !userData.isEmpty {
            unsafe nftnl_table_set_data(
                object, UInt16(NFTNL_TABLE_USERDATA.rawValue), userData, UInt32(userData.count))
        }
        let flags = type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0
        unsafe message(type, table.family, flags, headroom: 1024, index, acknowledged) {
            unsafe nftnl_table_nlmsg_build_payload($0, object)
        }
    }

    private mutating func chain(_ chain: Chain, _ type: nf_tables_msg_types, _ index: Int, _ acknowledged: Bool) {
        let object = unsafe required(nftnl_chain_alloc())
        defer { unsafe nftnl_chain_free(object) }
        unsafe nftnl_chain_set_str(object, UInt16(NFTNL_CHAIN_TABLE.rawValue), chain.table.name)
        unsafe nftnl_chain_set_str(object, UInt16(NFTNL_CHAIN_NAME.rawValue), chain.name)
        if let base = chain.base {
            unsafe nftnl_chain_set_str(object, UInt16(NFTNL_CHAIN_TYPE.rawValue), base.kind.rawValue)
            unsafe nftnl_chain_set_u32(object, UInt16(NFTNL_CHAIN_HOOKNUM.rawValue), base.hook.rawValue)
            unsafe nftnl_chain_set_s32(object, UInt16(NFTNL_CHAIN_PRIO.rawValue), base.priority)
            unsafe nftnl_chain_set_u32(object, UInt16(NFTNL_CHAIN_POLICY.rawValue), base.policy.rawValue)
        }
        let userData = UserData.comment(chain.comment)
        if !userData.isEmpty {
            unsafe nftnl_chain_set_data(
                object, UInt16(NFTNL_CHAIN_USERDATA.rawValue), userData, UInt32(userData.count))
        }
        let flags = type == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0
        unsafe message(type, chain.table.family, flags, headroom: 2048, index, acknowledged) {
            unsafe nftnl_chain_nlmsg_build_payload($0, object)
        }
    }

    // MARK: Sets and elements

    private mutating func set(_ set: NamedSet, _ index: Int, _ acknowledged: Bool) {
        let object = unsafe required(nftnl_set_alloc())
        defer { unsafe nftnl_set_free(object) }
        unsafe nftnl_set_set_str(object, UInt16(NFTNL_SET_TABLE.rawValue), set.table.name)
        unsafe nftnl_set_set_str(object, UInt16(NFTNL_SET_NAME.rawValue), set.name)
        unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_FLAGS.rawValue), set.flags)
        unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_KEY_TYPE.rawValue), set.key.typeNumber)
        unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_KEY_LEN.rawValue), UInt32(set.key.byteCount))
        // The kernel wants a number for each new set; it is only looked at within the batch.
        unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_ID.rawValue), UInt32(index + 1))
        switch set.value {
        case .none: break
        case .verdict:
            unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_DATA_TYPE.rawValue), NFT_DATA_VERDICT.rawValue)
            unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_DATA_LEN.rawValue), 0)
        case .data(let types):
            unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_DATA_TYPE.rawValue), types.typeNumber)
            unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_DATA_LEN.rawValue), UInt32(types.byteCount))
        }
        if let capacity = set.capacity {
            unsafe nftnl_set_set_u32(object, UInt16(NFTNL_SET_DESC_SIZE.rawValue), capacity)
        }
        if set.holdsIntervals, set.key.count > 1 {
            let lengths = set.key.map { UInt8($0.byteCount) }
            unsafe _ = nftnl_set_set_data(
                object, UInt16(NFTNL_SET_DESC_CONCAT.rawValue), lengths, UInt32(lengths.count))
        }
        let userData = UserData.set(set)
        unsafe _ = nftnl_set_set_data(
            object, UInt16(NFTNL_SET_USERDATA.rawValue), userData, UInt32(userData.count))
        unsafe message(NFT_MSG_NEWSET, set.table.family, NLM_F_CREATE, headroom: 2048, index, acknowledged) {
            unsafe nftnl_set_nlmsg_build_payload($0, object)
        }
    }

    private mutating func elements(
        _ elements: [Element], _ set: NamedSet, _ type: nf_tables_msg_types, _ flags: CInt, _ index: Int,
        _ acknowledged: Bool
    ) {
        var stored: [StoredElement] = []
        for element in elements { stored.append(contentsOf: set.stored(element)) }
        var start = 0
        repeat {
            let end = min(start + Self.elementsPerMessage, stored.count)
            setMessage(
                set.table, set.name, stored[start..<end], type, flags,
                headroom: 1024 + (end - start) * Self.elementBytes, index, acknowledged && end == stored.count)
            start = end
        } while start < stored.count
    }

    /// A message about a set, or about elements of it; for a deletion no elements mean the whole set.
    private mutating func setMessage(
        _ table: Table, _ name: String, _ elements: ArraySlice<StoredElement>, _ type: nf_tables_msg_types,
        _ flags: CInt, headroom: Int, _ index: Int, _ acknowledged: Bool
    ) {
        unsafe withSetObject(table, name, elements) { object in
            unsafe message(type, table.family, flags, headroom: headroom, index, acknowledged) {
                if type == NFT_MSG_DELSET {
                    unsafe nftnl_set_nlmsg_build_payload($0, object)
                } else {
                    unsafe nftnl_set_elems_nlmsg_build_payload($0, object)
                }
            }
        }
    }

    // MARK: Rules

    private mutating func rule(_ rule: Rule, _ flags: CInt, _ index: Int, _ acknowledged: Bool) {
        let object = unsafe required(nftnl_rule_alloc())
        defer { unsafe nftnl_rule_free(object) }
        unsafe nftnl_rule_set_str(object, UInt16(NFTNL_RULE_TABLE.rawValue), rule.table.name)
        unsafe nftnl_rule_set_str(object, UInt16(NFTNL_RULE_CHAIN.rawValue), rule.chain)
        let expressions = rule.expressions
        for expression in expressions { unsafe nftnl_rule_add_expr(object, expression.encoded()) }
        let userData = UserData.comment(rule.comment)
        if !userData.isEmpty {
            unsafe _ = nftnl_rule_set_data(
                object, UInt16(NFTNL_RULE_USERDATA.rawValue), userData, UInt32(userData.count))
        }
        // An expression takes at most two names of 256 bytes.
        let headroom = 2048 + expressions.count * 640
        unsafe message(NFT_MSG_NEWRULE, rule.table.family, flags, headroom: headroom, index, acknowledged) {
            unsafe nftnl_rule_nlmsg_build_payload($0, object)
        }
    }

    private mutating func deleteRules(
        _ table: Table, _ chain: String, _ handle: UInt64?, _ index: Int, _ acknowledged: Bool
    ) {
        let object = unsafe required(nftnl_rule_alloc())
        defer { unsafe nftnl_rule_free(object) }
        unsafe nftnl_rule_set_str(object, UInt16(NFTNL_RULE_TABLE.rawValue), table.name)
        unsafe nftnl_rule_set_str(object, UInt16(NFTNL_RULE_CHAIN.rawValue), chain)
        if let handle { unsafe nftnl_rule_set_u64(object, UInt16(NFTNL_RULE_HANDLE.rawValue), handle) }
        unsafe message(NFT_MSG_DELRULE, table.family, 0, headroom: 1024, index, acknowledged) {
            unsafe nftnl_rule_nlmsg_build_payload($0, object)
        }
    }
}

/// libnftnl answers nil only when malloc(3) fails, where nothing can be saved.
func required(_ object: OpaquePointer?) -> OpaquePointer {
    guard let object = unsafe object else { preconditionFailure("memory for a libnftnl object") }
    return unsafe object
}
