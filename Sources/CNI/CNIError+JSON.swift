public import JSON

extension CNIError {
    /// The error as the document that a plugin prints.
    public func json(version: CNIVersion) -> JSONValue {
        var members = JSONObject([
            ("cniVersion", .string(version.description)), ("code", .integer(Int64(code))), ("msg", .string(message)),
        ])
        if !details.isEmpty { members["details"] = .string(details) }
        return .object(members)
    }

    /// The error that a plugin printed; `nil` when the bytes are no such document.
    public init?(document bytes: [UInt8]) {
        guard let members = Self.parse(bytes)?.object, let number = members["code"]?.integer, number > 0,
            let code = Int(exactly: number)
        else { return nil }
        self.init(code: code, message: members["msg"]?.string ?? "", details: members["details"]?.string ?? "")
    }

    private static func parse(_ bytes: [UInt8]) -> JSONValue? {
        do throws(JSONError) { return try JSONValue.parse(bytes) } catch { return nil }
    }
}
