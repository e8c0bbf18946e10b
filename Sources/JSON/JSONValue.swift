/// A JSON value as RFC 8259 defines it, with nothing lost: member order is kept, and so is the text of every number.
public enum JSONValue: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written as an integer that fits 64 bits.
    case integer(Int64)
    /// Any other number, as it was written: `1.5`, `-0`, `1e3`, `18446744073709551615`.
    case number(String)
    /// A string, its escapes resolved.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)
}

extension JSONValue {
    /// The string, when this is one.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, when this is one that fits 64 bits.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The truth value, when this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, when this is an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The object, when this is one.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The JSON word for the kind of value, for messages: `string`, `number`, `object` and so on.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON text.
    public var description: String { text() }
}

extension JSONValue {
    /// The value as compact text for a message, cut after `limit` characters so that hostile input stays readable.
    public func excerpt(limit: Int = 80) -> String {
        let text = text()
        let bytes = Array(text.utf8)
        var characters = 0
        for index in bytes.indices where bytes[index] & 0xC0 != 0x80 {
            if characters == limit { return String(decoding: bytes[..<index], as: UTF8.self) + "…" }
            characters += 1
        }
        return text
    }
}
