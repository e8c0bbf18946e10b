internal import JSON

/// The members of a document that came with an image.
///
/// Go writes `null` for what is empty, so that it counts as absent; anything else of a wrong type is an error.
struct DocumentReader {
    let members: JSONObject
    /// The image's file, and what in it is read, for messages.
    let subject: String, entry: String

    /// Reads a whole document, which must be an object.
    init(_ bytes: [UInt8], _ subject: String, _ entry: String) throws(ImageError) {
        let value = try Self.parse(bytes, subject, entry)
        guard let members = value.object else {
            throw ImageError(subject, entry, .malformed("it is \(value.typeName), not an object"))
        }
        self.init(members, subject, entry)
    }

    init(_ members: JSONObject, _ subject: String, _ entry: String) {
        self.members = members
        self.subject = subject
        self.entry = entry
    }

    static func parse(_ bytes: [UInt8], _ subject: String, _ entry: String) throws(ImageError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw ImageError(subject, entry, .malformed("it is no JSON: \(error)"))
        }
    }

    func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> ImageError {
        ImageError(subject, entry, .malformed("\(key) is \(value.excerpt()), not \(expected)"))
    }

    private func value(_ key: String) -> JSONValue? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func string(_ key: String) throws(ImageError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw wrong(key, value, "a string") }
        // The kernel ends texts there: what is checked would not be what is used.
        guard !text.utf8.contains(0) else { throw wrong(key, value, "a string without NUL") }
        return text
    }

    func integer(_ key: String) throws(ImageError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let number = value.integer, number >= 0 else { throw wrong(key, value, "a number of bytes") }
        return number
    }

    func object(_ key: String) throws(ImageError) -> DocumentReader? {
        guard let value = value(key) else { return nil }
        guard let object = value.object else { throw wrong(key, value, "an object") }
        return DocumentReader(object, subject, entry)
    }

    func array(_ key: String) throws(ImageError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let elements = value.array else { throw wrong(key, value, "an array") }
        return elements
    }

    func objects(_ key: String) throws(ImageError) -> [DocumentReader] {
        var result: [DocumentReader] = []
        for element in try array(key) {
            guard let object = element.object else { throw wrong(key, element, "an object") }
            result.append(DocumentReader(object, subject, entry))
        }
        return result
    }

    func strings(_ key: String) throws(ImageError) -> [String] {
        var result: [String] = []
        for element in try array(key) {
            guard let text = element.string, !text.utf8.contains(0) else {
                throw wrong(key, element, "a string without NUL")
            }
            result.append(text)
        }
        return result
    }

    /// The members whose values are strings.
    func texts(_ key: String) throws(ImageError) -> [(key: String, value: String)] {
        guard let reader = try object(key) else { return [] }
        var result: [(key: String, value: String)] = []
        for key in reader.members.keys { result.append((key, try reader.string(key) ?? "")) }
        return result
    }

    /// The keys of a member that stands for a set.
    func keys(_ key: String) throws(ImageError) -> [String] {
        guard let reader = try object(key) else { return [] }
        for name in reader.members.keys where name.utf8.contains(0) {
            throw wrong(key, .string(name), "a text without NUL")
        }
        return reader.members.keys
    }

    func digest(_ key: String) throws(ImageError) -> ImageDigest {
        guard let text = try string(key) else {
            throw ImageError(subject, entry, .malformed("it has no \(key)"))
        }
        return try digest(of: text)
    }

    func digest(of text: String) throws(ImageError) -> ImageDigest {
        if let digest = ImageDigest(text) { return digest }
        let reason: ImageError.Reason =
            text.hasPrefix("sha512:")
            ? .unsupported("the digest \(text.prefix(20))… is not SHA-256")
            : .malformed("\"\(text.prefix(100))\" is no digest")
        throw ImageError(subject, entry, reason)
    }
}
