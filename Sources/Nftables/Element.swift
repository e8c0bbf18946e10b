public import Addressing

/// An element of a set or map: a key or a range of keys, what it maps to, and the comment that names its owner.
public struct Element: Hashable, Sendable {
    /// The key, or the first key of a range.
    public let key: [Field]
    /// The last key of a range, field by field; empty when the element is one key.
    public let lastKey: [Field]
    /// What it maps to.
    public let value: Value
    /// At most 127 bytes are kept.
    public let comment: String

    /// What an element maps to.
    public enum Value: Hashable, Sendable {
        case none
        case verdict(Verdict)
        case data([Field])
    }

    /// Describes an element; `lastKey` has as many fields as `key` or none.
    public init(_ key: [Field], through lastKey: [Field] = [], value: Value = .none, comment: String = "") {
        precondition(lastKey.isEmpty || lastKey.count == key.count, "both ends of a range have the same fields")
        self.key = key
        self.lastKey = lastKey
        self.value = value
        self.comment = comment
    }

    /// All addresses of `network`, as an element of an interval set.
    public init(_ network: IPNetwork, value: Value = .none, comment: String = "") {
        self.init([.address(network.first)], through: [.address(network.last)], value: value, comment: comment)
    }
}

extension Element: CustomStringConvertible {
    /// As nft(8) writes it between the braces of `add element`.
    public var description: String {
        var text = keyText
        if !comment.utf8.isEmpty { text += " comment \(quoted(comment))" }
        switch value {
        case .none: break
        case .verdict(let verdict): text += " : \(verdict)"
        case .data(let fields): text += " : \(concatenation(fields))"
        }
        return text
    }

    /// The key alone, which is all that a deletion needs.
    var keyText: String {
        var text = ""
        for (index, field) in key.enumerated() {
            if index > 0 { text += " . " }
            text += field.description
            if index < lastKey.count, lastKey[index] != field { text += "-\(lastKey[index])" }
        }
        return text
    }
}

func concatenation(_ fields: [Field]) -> String {
    var text = ""
    for (index, field) in fields.enumerated() { text += index == 0 ? field.description : " . \(field)" }
    return text
}
