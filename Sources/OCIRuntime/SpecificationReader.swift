internal import JSON

/// Reads the members of one object of a configuration file, and names the key when something is wrong.
///
/// `null` counts as absent: writers in Go say it for an empty list.
struct SpecificationReader {
    let object: JSONObject
    /// The file, for messages.
    let file: String
    private let prefix: String

    init(_ value: JSONValue, file: String, key: String = "") throws(OCIError) {
        guard let object = value.object else {
            throw .configuration(file: file, key: key, problem: "must be an object, not \(value.excerpt())")
        }
        self.object = object
        self.file = file
        prefix = key.isEmpty ? "" : key + "."
    }

    /// The full name of a member.
    func name(_ key: String) -> String { prefix + key }

    /// The error about a member.
    func wrong(_ key: String, _ problem: String) -> OCIError {
        .configuration(file: file, key: name(key), problem: problem)
    }

    /// A member's value, unless it is absent or null.
    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], value != .null else { return nil }
        return value
    }

    private func mistyped(_ key: String, _ expected: String, _ value: JSONValue) -> OCIError {
        wrong(key, "must be \(expected), not \(value.excerpt())")
    }

    func string(_ key: String) throws(OCIError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw mistyped(key, "a string", value) }
        guard !string.utf8.contains(0) else { throw wrong(key, "must not hold a NUL character") }
        return string
    }

    /// A string that must be there and not be empty.
    func needed(_ key: String) throws(OCIError) -> String {
        guard let string = try string(key), !string.isEmpty else { throw wrong(key, "is required") }
        return string
    }

    func bool(_ key: String) throws(OCIError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.bool else { throw mistyped(key, "true or false", value) }
        return bool
    }

    /// A number of any type up to 64 bits.
    func integer<Number: FixedWidthInteger>(_ key: String, _: Number.Type = Number.self) throws(OCIError) -> Number? {
        guard let value = value(key) else { return nil }
        switch value {
        case .integer(let number):
            if let fitting = Number(exactly: number) { return fitting }
        case .number(let text):
            if let fitting = Number(text) { return fitting }
        case .null, .bool, .string, .array, .object: break
        }
        throw mistyped(key, "a whole number from \(Number.min) to \(Number.max)", value)
    }

    func strings(_ key: String) throws(OCIError) -> [String] {
        var strings: [String] = []
        for (position, value) in try array(key).enumerated() {
            guard let string = value.string, !string.utf8.contains(0) else {
                throw mistyped("\(key)[\(position)]", "a string", value)
            }
            strings.append(string)
        }
        return strings
    }

    func numbers(_ key: String) throws(OCIError) -> [UInt32] {
        var numbers: [UInt32] = []
        for (position, value) in try array(key).enumerated() {
            guard let number = value.integer, let fitting = UInt32(exactly: number) else {
                throw mistyped("\(key)[\(position)]", "a whole number from 0 to \(UInt32.max)", value)
            }
            numbers.append(fitting)
        }
        return numbers
    }

    private func array(_ key: String) throws(OCIError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let array = value.array else { throw mistyped(key, "a list", value) }
        return array
    }

    func nested(_ key: String) throws(OCIError) -> SpecificationReader? {
        guard let value = value(key) else { return nil }
        return try SpecificationReader(value, file: file, key: name(key))
    }

    func objects(_ key: String) throws(OCIError) -> [SpecificationReader] {
        var readers: [SpecificationReader] = []
        for (position, value) in try array(key).enumerated() {
            readers.append(try SpecificationReader(value, file: file, key: name("\(key)[\(position)]")))
        }
        return readers
    }

    /// The members of an object whose values are strings, in their order.
    func pairs(_ key: String) throws(OCIError) -> [(key: String, value: String)] {
        guard let reader = try nested(key) else { return [] }
        var pairs: [(key: String, value: String)] = []
        for name in reader.object.keys { pairs.append((name, try reader.string(name) ?? "")) }
        return pairs
    }
}
