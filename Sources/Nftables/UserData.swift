internal import CLibnftnl

/// What nft(8) keeps beside tables, chains, rules, sets and elements: type, length, value, one behind the other.
///
/// The kernel stores the bytes without reading them (`NFTA_*_USERDATA`, at most 256).
enum UserData {
    /// The most bytes of a comment, without its NUL: `NFTNL_UDATA_COMMENT_MAXLEN` counts it.
    static let commentLimit = 127

    /// The type of a set's comment; every other object's comment has the type 0.
    static let setCommentType = UInt8(NFTNL_UDATA_SET_COMMENT.rawValue)

    /// A comment of a table, chain, rule or element, which all have the type 0.
    static func comment(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(text, type: 0, to: &bytes)
        return bytes
    }

    /// What listings need to know of a set: the byte order of keys and data, and the comment.
    static func set(_ set: NamedSet) -> [UInt8] {
        var bytes: [UInt8] = []
        append(set.key.byteOrder, type: UInt8(NFTNL_UDATA_SET_KEYBYTEORDER.rawValue), to: &bytes)
        if set.value != .none {
            var order: UInt32 = 0
            if case .data(let types) = set.value { order = types.byteOrder }
            append(order, type: UInt8(NFTNL_UDATA_SET_DATABYTEORDER.rawValue), to: &bytes)
            append(0, type: UInt8(NFTNL_UDATA_SET_DATA_INTERVAL.rawValue), to: &bytes)
        }
        append(set.comment, type: setCommentType, to: &bytes)
        return bytes
    }

    /// An element's comment, and the mark of an interval that has no end because it reaches the last key there is.
    static func element(_ comment: String, openInterval: Bool) -> [UInt8] {
        var bytes = self.comment(comment)
        if openInterval { append(1, type: UInt8(NFTNL_UDATA_SET_ELEM_FLAGS.rawValue), to: &bytes) }
        return bytes
    }

    /// The comment in an object's userdata; empty when there is none or the bytes make no sense.
    static func comment(in bytes: ArraySlice<UInt8>, type wanted: UInt8 = 0) -> String {
        var rest = bytes
        while rest.count >= 2 {
            let type = rest[rest.startIndex]
            let length = Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard rest.count >= length else { return "" }
            if type == wanted { return String(decoding: rest.prefix(length).prefix { $0 != 0 }, as: UTF8.self) }
            rest = rest.dropFirst(length)
        }
        return ""
    }

    private static func append(_ text: String, type: UInt8, to bytes: inout [UInt8]) {
        let all = Array(text.utf8)
        var kept = all.prefix { $0 != 0 }.prefix(commentLimit)
        guard !kept.isEmpty else { return }
        // A character of several bytes is kept whole or not at all.
        while kept.endIndex < all.count, all[kept.endIndex] & 0xC0 == 0x80 { kept = kept.dropLast() }
        bytes.append(type)
        bytes.append(UInt8(kept.count + 1))
        bytes.append(contentsOf: kept)
        bytes.append(0)
    }

    private static func append(_ value: UInt32, type: UInt8, to bytes: inout [UInt8]) {
        bytes.append(type)
        bytes.append(4)
        bytes.append(contentsOf: hostOrder(value))
    }
}
