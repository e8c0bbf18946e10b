/// A table: the container of chains, sets and maps, known by its family and name.
public struct Table: Hashable, Sendable, CustomStringConvertible {
    /// The packets it sees.
    public let family: TableFamily
    /// Its name, unique in the family.
    public let name: String

    /// Names a table; `name` is 1...255 bytes without NUL (`NFT_NAME_MAXLEN`).
    public init(_ family: TableFamily, _ name: String) {
        precondition(isObjectName(name), "a table's name is 1...255 bytes without NUL")
        self.family = family
        self.name = name
    }

    /// The table a message of the kernel is about; nil when its family or name makes no sense.
    init?(observed family: UInt8, _ name: String) {
        guard let family = TableFamily(rawValue: family), isObjectName(name) else { return nil }
        self.family = family
        self.name = name
    }

    /// As nft(8) names it: `inet hawser`.
    public var description: String { "\(family) \(name)" }
}

/// Whether nf_tables can take `name`: `NFT_NAME_MAXLEN` counts the final NUL.
@inline(never)
func isObjectName(_ name: String) -> Bool {
    let bytes = name.utf8
    return (1...255).contains(bytes.count) && !bytes.contains(0)
}

/// A string as nft(8) reads it; it knows no escapes, so a quotation mark inside becomes an apostrophe.
func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 { bytes.append(byte == UInt8(ascii: "\"") ? UInt8(ascii: "'") : byte) }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
}

/// `value` as nft(8) prints marks: `0x` and eight digits.
func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
}
