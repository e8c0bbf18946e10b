internal import JSON

/// Reads the members of a state file and names what is wrong.
struct RecordReader {
    private let object: JSONObject
    private let prefix: String

    init(_ json: JSONValue, key: String = "") throws(RecordError) {
        guard let object = json.object else {
            throw RecordError(key.isEmpty ? "the file" : key, expected: "an object")
        }
        self.object = object
        prefix = key.isEmpty ? "" : key + "."
    }

    func has(_ key: String) -> Bool { object[key] != nil }

    /// The reader of a member that is an object.
    func member(_ key: String) throws(RecordError) -> RecordReader {
        try RecordReader(object[key] ?? .null, key: prefix + key)
    }

    func string(_ key: String) throws(RecordError) -> String {
        guard let value = object[key]?.string else { throw RecordError(prefix + key, expected: "a string") }
        return value
    }

    func optionalString(_ key: String) throws(RecordError) -> String? {
        guard let value = object[key] else { return nil }
        guard let string = value.string else { throw RecordError(prefix + key, expected: "a string") }
        return string
    }

    func integer(_ key: String) throws(RecordError) -> Int64 {
        guard let value = object[key]?.integer else { throw RecordError(prefix + key, expected: "a number") }
        return value
    }

    func optionalInteger(_ key: String) throws(RecordError) -> Int64? {
        guard object[key] != nil else { return nil }
        return try integer(key)
    }

    func bool(_ key: String) throws(RecordError) -> Bool {
        guard let value = object[key]?.bool else { throw RecordError(prefix + key, expected: "true or false") }
        return value
    }

    func array(_ key: String) throws(RecordError) -> [JSONValue] {
        guard let value = object[key]?.array else { throw RecordError(prefix + key, expected: "a list") }
        return value
    }

    func strings(_ key: String) throws(RecordError) -> [String] {
        var strings: [String] = []
        for value in try array(key) {
            guard let string = value.string else { throw RecordError(prefix + key, expected: "a list of strings") }
            strings.append(string)
        }
        return strings
    }
}
