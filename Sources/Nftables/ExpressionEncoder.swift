internal import CLibnftnl
internal import CLinuxABI

// SAFETY: libnftnl copies names and data; the expression belongs to the rule it is added to, which frees it.

extension Expression {
    /// A libnftnl expression, which the caller owns.
    func encoded() -> OpaquePointer {
        switch self {
        case .metaLoad(let key, let register):
            unsafe expression(
                "meta", [(NFTNL_EXPR_META_KEY, key.rawValue), (NFTNL_EXPR_META_DREG, register.number)])
        case .metaSet(let key, let register):
            unsafe expression(
                "meta", [(NFTNL_EXPR_META_KEY, key.rawValue), (NFTNL_EXPR_META_SREG, register.number)])
        case .payload(let header, let offset, let length, let register):
            unsafe expression(
                "payload",
                [
                    (NFTNL_EXPR_PAYLOAD_BASE, header.rawValue), (NFTNL_EXPR_PAYLOAD_OFFSET, offset),
                    (NFTNL_EXPR_PAYLOAD_LEN, length), (NFTNL_EXPR_PAYLOAD_DREG, register.number),
                ])
        case .connectionLoad(let key, let register): unsafe connectionLoad(key, register)
        case .connectionSet(let key, let register):
            unsafe expression(
                "ct", [(NFTNL_EXPR_CT_KEY, key.rawValue), (NFTNL_EXPR_CT_SREG, register.number)])
        case .bitwise(let register, let mask, let xor): unsafe bitwise(register, mask, xor)
        case .compare(let register, let equal, let bytes): unsafe compare(register, equal, bytes)
        case .lookup(let register, let name, let target, let negated): unsafe lookup(register, name, target, negated)
        case .destinationType(let register):
            unsafe fib(NFT_FIB_RESULT_ADDRTYPE, UInt32(NFTA_FIB_F_DADDR.rawValue), register)
        case .reverseRoutePresent(let register):
            unsafe fib(
                NFT_FIB_RESULT_OIF,
                UInt32(NFTA_FIB_F_SADDR.rawValue | NFTA_FIB_F_IIF.rawValue | NFTA_FIB_F_PRESENT.rawValue), register)
        case .data(let register, let bytes): unsafe immediate(register, bytes)
        case .verdict(let verdict): unsafe immediate(verdict)
        case .counter: unsafe expression("counter", [])
        case .notrack: unsafe expression("notrack", [])
        case .masquerade(let flags): unsafe expression("masq", flags == 0 ? [] : [(NFTNL_EXPR_MASQ_FLAGS, flags)])
        case .nat(let what, let family, let address, let port, let flags):
            unsafe nat(what, family, address, port, flags)
        case .reject: unsafe reject()
        }
    }

    private func connectionLoad(_ key: Connection, _ register: Register) -> OpaquePointer {
        let object = unsafe expression(
            "ct", [(NFTNL_EXPR_CT_KEY, key.rawValue), (NFTNL_EXPR_CT_DREG, register.number)])
        if let direction = key.direction { unsafe nftnl_expr_set_u8(object, UInt16(NFTNL_EXPR_CT_DIR), direction) }
        return unsafe object
    }

    private func bitwise(_ register: Register, _ mask: [UInt8], _ xor: [UInt8]) -> OpaquePointer {
        let object = unsafe expression(
            "bitwise",
            [
                (NFTNL_EXPR_BITWISE_SREG, register.number), (NFTNL_EXPR_BITWISE_DREG, register.number),
                (NFTNL_EXPR_BITWISE_LEN, UInt32(mask.count)),
            ])
        unsafe set(object, NFTNL_EXPR_BITWISE_MASK, mask)
        unsafe set(object, NFTNL_EXPR_BITWISE_XOR, xor)
        return unsafe object
    }

    private func compare(_ register: Register, _ equal: Bool, _ bytes: [UInt8]) -> OpaquePointer {
        let operation = equal ? NFT_CMP_EQ : NFT_CMP_NEQ
        let object = unsafe expression(
            "cmp", [(NFTNL_EXPR_CMP_SREG, register.number), (NFTNL_EXPR_CMP_OP, operation.rawValue)])
        unsafe set(object, NFTNL_EXPR_CMP_DATA, bytes)
        return unsafe object
    }

    private func lookup(_ register: Register, _ name: String, _ target: Register?, _ negated: Bool) -> OpaquePointer {
        let object = unsafe expression("lookup", [(NFTNL_EXPR_LOOKUP_SREG, register.number)])
        unsafe _ = nftnl_expr_set_str(object, UInt16(NFTNL_EXPR_LOOKUP_SET), name)
        if let target { unsafe nftnl_expr_set_u32(object, UInt16(NFTNL_EXPR_LOOKUP_DREG), target.number) }
        if negated {
            unsafe nftnl_expr_set_u32(object, UInt16(NFTNL_EXPR_LOOKUP_FLAGS), UInt32(NFT_LOOKUP_F_INV.rawValue))
        }
        return unsafe object
    }

    private func immediate(_ register: Register, _ bytes: [UInt8]) -> OpaquePointer {
        let object = unsafe expression("immediate", [(NFTNL_EXPR_IMM_DREG, register.number)])
        unsafe set(object, NFTNL_EXPR_IMM_DATA, bytes)
        return unsafe object
    }

    private func immediate(_ verdict: Verdict) -> OpaquePointer {
        let object = unsafe expression(
            "immediate",
            [
                (NFTNL_EXPR_IMM_DREG, Register.verdict.number),
                (NFTNL_EXPR_IMM_VERDICT, UInt32(bitPattern: verdict.code)),
            ])
        if let chain = verdict.chain { unsafe _ = nftnl_expr_set_str(object, UInt16(NFTNL_EXPR_IMM_CHAIN), chain) }
        return unsafe object
    }

    private func nat(
        _ what: NAT, _ family: TableFamily, _ address: Register, _ port: Register?, _ flags: UInt32
    ) -> OpaquePointer {
        let object = unsafe expression(
            "nat",
            [
                (NFTNL_EXPR_NAT_TYPE, what.rawValue), (NFTNL_EXPR_NAT_FAMILY, UInt32(family.rawValue)),
                (NFTNL_EXPR_NAT_REG_ADDR_MIN, address.number),
            ])
        if let port { unsafe nftnl_expr_set_u32(object, UInt16(NFTNL_EXPR_NAT_REG_PROTO_MIN), port.number) }
        if flags != 0 { unsafe nftnl_expr_set_u32(object, UInt16(NFTNL_EXPR_NAT_FLAGS), flags) }
        return unsafe object
    }

    private func reject() -> OpaquePointer {
        let object = unsafe expression("reject", [(NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH.rawValue)])
        unsafe nftnl_expr_set_u8(object, UInt16(NFTNL_EXPR_REJECT_CODE), UInt8(NFT_REJECT_ICMPX_PORT_UNREACH.rawValue))
        return unsafe object
    }

    private func fib(_ result: nft_fib_result, _ flags: UInt32, _ register: Register) -> OpaquePointer {
        unsafe expression(
            "fib",
            [
                (NFTNL_EXPR_FIB_DREG, register.number), (NFTNL_EXPR_FIB_RESULT, result.rawValue),
                (NFTNL_EXPR_FIB_FLAGS, flags),
            ])
    }

    private func expression(_ name: String, _ attributes: [(Int, UInt32)]) -> OpaquePointer {
        let object = unsafe required(nftnl_expr_alloc(name))
        for (attribute, value) in attributes { unsafe nftnl_expr_set_u32(object, UInt16(attribute), value) }
        return unsafe object
    }

    private func set(_ object: OpaquePointer, _ attribute: Int, _ bytes: [UInt8]) {
        unsafe _ = nftnl_expr_set(object, UInt16(attribute), bytes, UInt32(bytes.count))
    }
}
