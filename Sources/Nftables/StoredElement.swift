internal import CLibnftnl
internal import CLinuxABI

/// An element as the kernel keeps it: bytes.
///
/// An interval of a set with one-part keys is two of them.
struct StoredElement {
    var key: [UInt8]
    var lastKey: [UInt8] = []
    var value: Element.Value = .none
    /// A map's data as the kernel reported it.
    var data: [UInt8] = []
    var userData: [UInt8] = []
    var flags: UInt32 = 0
}

extension NamedSet {
    /// `NFT_SET_*`.
    var flags: UInt32 {
        var flags: UInt32 = 0
        if value != .none { flags |= NFT_SET_MAP.rawValue }
        if holdsIntervals { flags |= NFT_SET_INTERVAL.rawValue }
        if holdsIntervals, key.count > 1 { flags |= NFT_SET_CONCAT.rawValue }
        return flags
    }

    /// What the kernel keeps of `element`.
    func stored(_ element: Element) -> [StoredElement] {
        let key = element.key.bytes
        let lastKey = element.lastKey.isEmpty ? key : element.lastKey.bytes
        guard storesIntervalEnds else {
            var stored = StoredElement(
                key: key, value: element.value, userData: UserData.element(element.comment, openInterval: false))
            if holdsIntervals { stored.lastKey = lastKey }
            return [stored]
        }
        let next = successor(of: lastKey)
        let start = StoredElement(
            key: key, value: element.value, userData: UserData.element(element.comment, openInterval: next == nil))
        guard let next else { return [start] }
        return [start, StoredElement(key: next, flags: UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))]
    }

    /// The key behind `key`, as a big-endian number; nil behind the last one.
    private func successor(of key: [UInt8]) -> [UInt8]? {
        var next = key
        for index in next.indices.reversed() {
            next[index] &+= 1
            if next[index] != 0 { return next }
        }
        return nil
    }
}

/// Lends a libnftnl set that names `name` of `table` and holds `elements`.
@inline(never)
func withSetObject(
    _ table: Table, _ name: String, _ elements: ArraySlice<StoredElement>, _ body: (OpaquePointer) -> Void
) {
    let object = unsafe required(nftnl_set_alloc())
    // Freeing the set frees its elements.
    defer { unsafe nftnl_set_free(object) }
    unsafe nftnl_set_set_str(object, UInt16(NFTNL_SET_TABLE.rawValue), table.name)
    unsafe nftnl_set_set_str(object, UInt16(NFTNL_SET_NAME.rawValue), name)
    for element in elements { unsafe nftnl_set_elem_add(object, element.encoded()) }
    unsafe body(object)
}

extension StoredElement {
    /// A libnftnl element, which the caller owns.
    @inline(never)
    fileprivate func encoded() -> OpaquePointer {
        let object = unsafe required(nftnl_set_elem_alloc())
        if flags != 0 { unsafe nftnl_set_elem_set_u32(object, UInt16(NFTNL_SET_ELEM_FLAGS), flags) }
        unsafe _ = nftnl_set_elem_set(object, UInt16(NFTNL_SET_ELEM_KEY), key, UInt32(key.count))
        if !lastKey.isEmpty {
            unsafe _ = nftnl_set_elem_set(object, UInt16(NFTNL_SET_ELEM_KEY_END), lastKey, UInt32(lastKey.count))
        }
        switch value {
        case .none: break
        case .verdict(let verdict):
            unsafe nftnl_set_elem_set_u32(
                object, UInt16(NFTNL_SET_ELEM_VERDICT), UInt32(bitPattern: verdict.code))
            if let chain = verdict.chain {
                unsafe _ = nftnl_set_elem_set_str(object, UInt16(NFTNL_SET_ELEM_CHAIN), chain)
            }
        case .data(let fields):
            let bytes = fields.bytes
            unsafe _ = nftnl_set_elem_set(object, UInt16(NFTNL_SET_ELEM_DATA), bytes, UInt32(bytes.count))
        }
        if !userData.isEmpty {
            unsafe _ = nftnl_set_elem_set(
                object, UInt16(NFTNL_SET_ELEM_USERDATA), userData, UInt32(userData.count))
        }
        return unsafe object
    }
}

extension Verdict {
    /// `NF_ACCEPT`, `NF_DROP` or `NFT_*` of `enum nft_verdicts`.
    var code: Int32 {
        switch self {
        case .accept: 1
        case .drop: 0
        case .continue: NFT_CONTINUE.rawValue
        case .return: NFT_RETURN.rawValue
        case .jump: NFT_JUMP.rawValue
        case .goto: NFT_GOTO.rawValue
        }
    }

    /// Reads a verdict; nil for what only rules of others use (queue, stolen).
    init?(code: Int32, chain: String) {
        switch code {
        case 1: self = .accept
        case 0: self = .drop
        case NFT_CONTINUE.rawValue: self = .continue
        case NFT_RETURN.rawValue: self = .return
        case NFT_JUMP.rawValue: self = .jump(chain)
        case NFT_GOTO.rawValue: self = .goto(chain)
        default: return nil
        }
    }
}
