/// A path below some root, as bytes: a stranger's, so that it is taken apart before anything is done with it.
///
/// It has no "..": where a path would go up, there is no value of this type. Slashes at its beginning, empty components and "."
/// mean nothing.
public struct TreePath: Hashable, Sendable, CustomStringConvertible {
    /// The names on the way; none for the root itself.
    public let components: [[UInt8]]

    /// The longest name that a Linux file system takes.
    private static let nameLimit = 255

    /// Takes a path apart; nil when it goes up, holds a NUL, or a name is longer than 255 bytes.
    public init?(_ bytes: [UInt8]) {
        var components: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "/")) {
            let name = Array(part)
            if name == [0x2e] { continue }
            if name == [0x2e, 0x2e] || name.count > Self.nameLimit || name.contains(0) { return nil }
            components.append(name)
        }
        self.components = components
    }

    private init(components: [[UInt8]]) { self.components = components }

    /// The last name; nil for the root.
    public var name: [UInt8]? { components.last }

    /// What holds the last name.
    public var parent: TreePath { TreePath(components: Array(components.dropLast())) }

    /// The first names of it.
    func prefix(_ count: Int) -> TreePath { TreePath(components: Array(components.prefix(count))) }

    /// A sibling of another name.
    public func sibling(_ name: [UInt8]) -> TreePath? {
        guard !name.isEmpty, name != [0x2e], name != [0x2e, 0x2e], !name.contains(0), !name.contains(0x2f) else {
            return nil
        }
        return TreePath(components: components.dropLast() + [name])
    }

    /// With slashes between the names; "." for the root.
    public var description: String {
        components.isEmpty ? "." : String(decoding: Array(components.joined(separator: [0x2f])), as: UTF8.self)
    }

    /// For libc: relative, terminated.
    var text: [CChar] {
        var text: [CChar] = []
        for component in components {
            if !text.isEmpty { text.append(0x2f) }
            text += component.map { CChar(bitPattern: $0) }
        }
        if text.isEmpty { text.append(0x2e) }
        return text + [0]
    }
}
