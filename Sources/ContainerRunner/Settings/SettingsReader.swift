internal import JSON

/// Reads a nested object of config.json: what is missing has its default, what is wrong is named.
struct SettingsReader {
    private let object: JSONObject
    private let key: String
    private let path: String

    /// The object at `key` of `parent`; an empty one where there is none.
    init(_ parent: JSONObject, _ key: String, path: String) throws(RunnerError) {
        self.key = key
        self.path = path
        guard let value = parent[key] else {
            object = JSONObject()
            return
        }
        guard let object = value.object else { throw .record(path: path, reason: "\"\(key)\" is wrong") }
        self.object = object
    }

    private func wrong(_ member: String) -> RunnerError {
        .record(path: path, reason: "\"\(key).\(member)\" is wrong")
    }

    func strings(_ member: String) throws(RunnerError) -> [String] {
        guard let value = object[member] else { return [] }
        guard let values = value.array else { throw wrong(member) }
        return try values.map { value throws(RunnerError) in
            guard let string = value.string else { throw wrong(member) }
            return string
        }
    }

    func string(_ member: String) throws(RunnerError) -> String? {
        guard let value = object[member] else { return nil }
        guard let string = value.string else { throw wrong(member) }
        return string
    }

    func bool(_ member: String, default standard: Bool) throws(RunnerError) -> Bool {
        guard let value = object[member] else { return standard }
        guard let bool = value.bool else { throw wrong(member) }
        return bool
    }

    func integer(_ member: String) throws(RunnerError) -> Int64? {
        guard let value = object[member] else { return nil }
        guard let integer = value.integer else { throw wrong(member) }
        return integer
    }
}

extension JSONObject {
    /// Adds a list of texts, unless it is empty.
    mutating func set(_ key: String, strings: [String]) {
        if !strings.isEmpty { self[key] = .array(strings.map { .string($0) }) }
    }
}
