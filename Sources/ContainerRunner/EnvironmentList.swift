/// "NAME=value" entries of which a later one replaces an earlier one of the same name.
public struct EnvironmentList: Hashable, Sendable {
    /// The entries in the order in which their names first appeared.
    public private(set) var entries: [String] = []

    /// The entries, each name once.
    public init(_ entries: [String]) { for entry in entries { set(entry) } }

    /// These entries, and `others` over them.
    public func merging(_ others: [String]) -> EnvironmentList {
        var result = self
        for entry in others { result.set(entry) }
        return result
    }

    private mutating func set(_ entry: String) {
        let name = Self.name(entry)
        if let index = entries.firstIndex(where: { Self.name($0).elementsEqual(name) }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }

    private static func name(_ entry: String) -> Substring.UTF8View { entry.utf8.prefix { $0 != UInt8(ascii: "=") } }

    /// Whether a variable is there.
    public func has(_ name: String) -> Bool { entries.contains { Self.name($0).elementsEqual(name.utf8) } }
}
