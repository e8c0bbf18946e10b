import Foundation

/// A JSON document as the tests see it: read by Foundation, so that the product's own reader has a witness.
public enum Document: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Document])
    case object([String: Document])

    /// Reads exactly one document; white space around it is allowed.
    public init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Document.self, from: Foundation.Data(bytes))
    }

    /// Reads exactly one document.
    public init(parsing text: String) throws {
        try self.init(parsing: Array(text.utf8))
    }

    /// A member of an object; null where there is none.
    public subscript(_ key: String) -> Document {
        get {
            guard case .object(let members) = self else { return .null }
            return members[key] ?? .null
        }
        set {
            guard case .object(var members) = self else { return }
            members[key] = newValue == .null ? nil : newValue
            self = .object(members)
        }
    }

    /// An element of an array; null where there is none.
    public subscript(_ index: Int) -> Document {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
        return elements[index]
    }

    /// The text, if it is a string.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
    /// The value, if it is an integer.
    public var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }
    /// The elements; none if it is not an array.
    public var elements: [Document] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
    /// The members; none if it is not an object.
    public var members: [String: Document] {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    /// Itself without some keys, at any depth.
    public func without(_ keys: Set<String>) -> Document {
        switch self {
        case .array(let elements): .array(elements.map { $0.without(keys) })
        case .object(let members): .object(members.filter { !keys.contains($0.key) }.mapValues { $0.without(keys) })
        default: self
        }
    }
}

extension Document: CustomStringConvertible {
    /// Compact JSON with sorted keys.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text): Document.quote(text)
        case .array(let elements): "[\(elements.map(\.description).joined(separator: ","))]"
        case .object(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\(Document.quote($0)):\($1)" }.joined(separator: ","))}"
        }
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Document: Decodable {
    /// Decodes whatever value stands there.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let elements = try? value.decode([Document].self) {
            self = .array(elements)
        } else {
            self = .object(try value.decode([String: Document].self))
        }
    }
}

extension Document: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByStringInterpolation
{
    /// A literal in a test.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A literal in a test.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A literal in a test.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A literal in a test.
    public init(arrayLiteral elements: Document...) { self = .array(elements) }
    /// A literal in a test.
    public init(dictionaryLiteral elements: (String, Document)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
