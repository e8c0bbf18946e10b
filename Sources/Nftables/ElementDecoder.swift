internal import CLinuxABI
internal import Netlink

extension StoredElement {
    /// Reads the elements in an `NFT_MSG_NEWSETELEM`; what is broken is left out.
    static func decode(_ message: MessageView) -> [StoredElement] {
        guard let content = NftablesMessage(message, NFT_MSG_NEWSETELEM),
            let list = content.attributes.first(NFTA_SET_ELEM_LIST_ELEMENTS.attribute)
        else { return [] }
        var elements: [StoredElement] = []
        for item in list.nested { if let element = StoredElement(item.nested) { elements.append(element) } }
        return elements
    }

    private init?(_ attributes: AttributeSequence) {
        var key: [UInt8]?
        lastKey = []
        for attribute in attributes {
            switch attribute.type {
            case NFTA_SET_ELEM_KEY: key = attribute.nested.first(NFTA_DATA_VALUE.attribute)?.bytes
            case NFTA_SET_ELEM_KEY_END: lastKey = attribute.nested.first(NFTA_DATA_VALUE.attribute)?.bytes ?? []
            case NFTA_SET_ELEM_FLAGS: flags = attribute.bigEndian() ?? 0
            case NFTA_SET_ELEM_USERDATA: userData = attribute.bytes
            case NFTA_SET_ELEM_DATA:
                if let bytes = attribute.nested.first(NFTA_DATA_VALUE.attribute) { data = bytes.bytes }
                if let verdict = attribute.nested.first(NFTA_DATA_VERDICT.attribute).flatMap({ Verdict($0.nested) }) {
                    value = .verdict(verdict)
                }
            default: break
            }
        }
        guard let key else { return nil }
        self.key = key
    }

    /// Whether it only marks the first key behind an interval.
    var isIntervalEnd: Bool { flags & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0 }
}

extension NamedSet {
    /// The elements that `stored` makes up; what does not fit the set's types is left out.
    func elements(_ stored: [StoredElement]) -> [Element] {
        guard storesIntervalEnds else {
            return stored.compactMap { element(from: $0, lastKey: $0.lastKey) }
        }
        return intervals(stored)
    }

    /// Joins each start with the first key behind its interval: the next end or start in the order of keys, else none.
    private func intervals(_ stored: [StoredElement]) -> [Element] {
        let ordered = stored.sorted { left, right in
            left.key == right.key ? left.isIntervalEnd && !right.isIntervalEnd : precedes(left.key, right.key)
        }
        var elements: [Element] = []
        for (index, start) in ordered.enumerated() where !start.isIntervalEnd {
            let lastKey: [UInt8]
            if index + 1 < ordered.count {
                lastKey = predecessor(of: ordered[index + 1].key)
            } else {
                lastKey = [UInt8](repeating: 0xFF, count: start.key.count)
            }
            if let element = element(from: start, lastKey: lastKey) { elements.append(element) }
        }
        return elements
    }

    @inline(never)
    private func element(from stored: StoredElement, lastKey: [UInt8]) -> Element? {
        guard let fields = [Field](key, stored.key) else { return nil }
        var lastFields: [Field] = []
        if !lastKey.isEmpty, lastKey != stored.key {
            guard let last = [Field](key, lastKey) else { return nil }
            lastFields = last
        }
        var value = stored.value
        if case .data(let types) = self.value {
            guard let data = [Field](types, stored.data) else { return nil }
            value = .data(data)
        }
        return Element(fields, through: lastFields, value: value, comment: UserData.comment(in: stored.userData[...]))
    }
}

private func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.lexicographicallyPrecedes(right)
}

/// The key before `key`, as a big-endian number.
private func predecessor(of key: [UInt8]) -> [UInt8] {
    var previous = key
    for index in previous.indices.reversed() {
        previous[index] &-= 1
        if previous[index] != 0xFF { break }
    }
    return previous
}
