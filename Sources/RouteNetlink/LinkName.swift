/// The name of a network interface: 1 to 15 bytes, not "." or "..", without "/", ":" and white space.
///
/// The rule is dev_valid_name() of net/core/dev.c; control characters are refused beyond it.
public struct LinkName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// Checks a text; nil when the kernel would refuse it as a name.
    public init?(_ text: String) {
        guard (1...15).contains(text.utf8.count), text != ".", text != ".." else { return nil }
        for byte in text.utf8
        where byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") {
            return nil
        }
        self.text = text
    }

    /// The name.
    public var description: String { text }
}

/// The kernel's number of an interface within one network namespace.
public struct LinkIndex: Hashable, Sendable, CustomStringConvertible {
    /// Positive for an interface that exists.
    public let rawValue: Int32

    /// Wraps a number that the kernel gave.
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// The number.
    public var description: String { "\(rawValue)" }
}
