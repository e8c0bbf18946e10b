/// Why a text is not a JSON value, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong at `offset`.
    public indirect enum Reason: Hashable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// Digits that break the grammar of numbers, such as `01` or `1.`.
        case malformedNumber
        /// A backslash followed by something else than RFC 8259 lists.
        case malformedEscape
        /// `\uD800`…`\uDFFF` outside a pair.
        case loneSurrogate
        /// A byte below 0x20 inside a string.
        case controlCharacter
        /// Bytes that are not UTF-8.
        case malformedUTF8
        /// A key that the object has already.
        case duplicateKey(String)
        /// Something after the value.
        case trailingBytes
        /// More bytes than the limit.
        case tooLarge(limit: Int)
        /// More levels of arrays and objects than the limit.
        case tooDeep(limit: Int)
        /// More values than the limit.
        case tooManyValues(limit: Int)
    }

    /// Bytes from the start of the text to the fault.
    public let offset: Int
    /// What is wrong there.
    public let reason: Reason

    /// A fault `offset` bytes into a text.
    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// One sentence part, such as "byte 12: the key "name" occurs twice".
    public var description: String { "byte \(offset): \(reason)" }
}

extension JSONError.Reason: CustomStringConvertible {
    /// The fault in words.
    public var description: String {
        switch self {
        case .unexpectedEnd: "the text ends too early"
        case .unexpectedByte(let byte): "unexpected \(Self.name(of: byte))"
        case .malformedNumber: "malformed number"
        case .malformedEscape: "malformed escape in a string"
        case .loneSurrogate: "half of a surrogate pair"
        case .controlCharacter: "unescaped control character in a string"
        case .malformedUTF8: "bytes that are not UTF-8"
        case .duplicateKey(let key): "the key \(JSONValue.string(key).excerpt()) occurs twice"
        case .trailingBytes: "something follows the value"
        case .tooLarge(let limit): "more than \(limit) bytes"
        case .tooDeep(let limit): "more than \(limit) levels"
        case .tooManyValues(let limit): "more than \(limit) values"
        }
    }

    private static func name(of byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(String(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16)
        return digits.utf8.count == 1 ? "byte 0x0\(digits)" : "byte 0x\(digits)"
    }
}
