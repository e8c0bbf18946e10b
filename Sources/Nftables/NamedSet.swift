/// A named set, verdict map or data map of a table: what its keys are, and what it maps them to.
public struct NamedSet: Hashable, Sendable {
    /// The table it is in.
    public let table: Table
    /// Its name, unique in the table.
    public let name: String
    /// One data type, or several concatenated.
    public let key: [DataType]
    /// What its keys map to.
    public let value: Value
    /// Whether elements are ranges of keys.
    ///
    /// Ranges of concatenated keys are looked up by the kernel's pipapo algorithm.
    public let holdsIntervals: Bool
    /// The most elements the kernel accepts; nil leaves a set growing without a bound.
    public let capacity: UInt32?
    /// Kept in the set's userdata; nft(8) lists it.
    public let comment: String

    /// What a lookup gives.
    public enum Value: Hashable, Sendable {
        /// A set: a key is in it or not.
        case none
        /// A verdict map.
        case verdict
        /// A map to one value, or to several concatenated.
        case data([DataType])
    }

    /// Describes a set of `table`; `name` is 1...255 bytes without NUL and `key` is not empty.
    @inline(never)
    public init(
        _ table: Table, _ name: String, key: [DataType], value: Value = .none, holdsIntervals: Bool = false,
        capacity: UInt32? = nil, comment: String = ""
    ) {
        precondition(isObjectName(name), "a set's name is 1...255 bytes without NUL")
        precondition(!key.isEmpty && key.byteCount <= 64, "a key has 1...64 bytes (NFT_DATA_VALUE_MAXLEN)")
        self.table = table
        self.name = name
        self.key = key
        self.value = value
        self.holdsIntervals = holdsIntervals
        self.capacity = capacity
        self.comment = comment
    }

    /// Whether a range is stored as two elements, its start and what follows its end; else as one with two keys.
    var storesIntervalEnds: Bool { holdsIntervals && key.count == 1 }
}

extension NamedSet: CustomStringConvertible {
    /// As nft(8) names it: `inet hawser ports`.
    public var description: String { "\(table) \(name)" }

    /// The word nft(8) uses: `set` or `map`.
    var word: String { value == .none ? "set" : "map" }

    /// What stands between the braces of nft's `add set`, with the braces.
    var body: String {
        var text = " { type \(key.text)"
        switch value {
        case .none: break
        case .verdict: text += " : verdict"
        case .data(let types): text += " : \(types.text)"
        }
        text += " ;"
        if holdsIntervals { text += " flags interval ;" }
        if let capacity { text += " size \(capacity) ;" }
        if !comment.utf8.isEmpty { text += " comment \(quoted(comment)) ;" }
        return text + " }"
    }
}
