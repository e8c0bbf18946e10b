internal import JSON

/// Reads the members of an object of a profile and names what is wrong; null counts as absent, as Go's readers have it.
struct ProfileReader {
    private let object: JSONObject
    private let prefix: String

    init(_ value: JSONValue, key: String) throws(SeccompError) {
        guard let object = value.object else {
            throw .malformed(key: key.utf8.isEmpty ? "the profile" : key, expected: "an object")
        }
        self.object = object
        prefix = key.utf8.isEmpty ? "" : key + "."
    }

    func path(_ key: String) -> String { prefix + key }

    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], value != .null else { return nil }
        return value
    }

    func string(_ key: String) throws(SeccompError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw .malformed(key: path(key), expected: "a string") }
        return string
    }

    func strings(_ key: String) throws(SeccompError) -> [String] {
        var strings: [String] = []
        for (index, value) in try array(key).enumerated() {
            guard let string = value.string else {
                throw .malformed(key: "\(path(key))[\(index)]", expected: "a string")
            }
            strings.append(string)
        }
        return strings
    }

    func array(_ key: String) throws(SeccompError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let array = value.array else { throw .malformed(key: path(key), expected: "a list") }
        return array
    }

    /// A number of 64 bits; beyond the integers of JSON's reader it is kept as text.
    func number(_ key: String, limit: UInt64 = .max) throws(SeccompError) -> UInt64? {
        guard let value = value(key) else { return nil }
        var number: UInt64?
        if let integer = value.integer { number = UInt64(exactly: integer) }
        if case .number(let text) = value { number = UInt64(text) }
        guard let number, number <= limit else {
            throw .malformed(key: path(key), expected: "a number from 0 to \(limit)")
        }
        return number
    }

    func object(_ key: String) throws(SeccompError) -> ProfileReader? {
        guard let value = value(key) else { return nil }
        return try ProfileReader(value, key: path(key))
    }
}
