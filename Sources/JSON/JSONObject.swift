/// The members of a JSON object in the order they were written; no key occurs twice.
///
/// Keys are compared byte by byte, as JSON readers elsewhere do: Swift's own string equality would call a composed and
/// a decomposed "é" the same key. Two objects are equal when they have equal members in the same order.
public struct JSONObject: Sendable {
    /// Keys and values in order.
    public private(set) var members: [(key: String, value: JSONValue)]

    /// An object without members.
    public init() {
        members = []
    }

    /// An object of these members; where a key occurs twice, the later value stands in the earlier place.
    public init(_ members: [(String, JSONValue)]) {
        self.init()
        self.members.reserveCapacity(members.count)
        for (key, value) in members { self[key] = value }
    }

    /// An object of members whose keys are known to be distinct.
    init(distinct members: [(key: String, value: JSONValue)]) {
        self.members = members
    }

    /// The value of a key; setting a value appends a new key at the end, setting `nil` removes the member.
    public subscript(key: String) -> JSONValue? {
        @inline(never) get {
            for member in members where haveSameBytes(member.key, key) { return member.value }
            return nil
        }
        @inline(never) set {
            guard let newValue else {
                remove(key)
                return
            }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                members.append((key, newValue))
            }
        }
    }

    /// Removes the member with this key; whether there was one.
    @discardableResult
    @inline(never)
    public mutating func remove(_ key: String) -> Bool {
        guard let position = position(of: key) else { return false }
        members.remove(at: position)
        return true
    }

    /// The keys in order.
    public var keys: [String] { members.map { $0.key } }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The number of members.
    public var count: Int { members.count }

    @inline(never)
    private func position(of key: String) -> Int? {
        members.firstIndex { haveSameBytes($0.key, key) }
    }
}

extension JSONObject: Hashable {
    /// Whether both have equal members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for position in left.members.indices {
            let (a, b) = (left.members[position], right.members[position])
            guard haveSameBytes(a.key, b.key), a.value == b.value else { return false }
        }
        return true
    }

    /// Feeds keys and values in order.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for member in members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}

/// Whether two strings are the same UTF-8 text, without Unicode normalization.
@inline(never)
func haveSameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && Array(left.utf8) == Array(right.utf8)
}
