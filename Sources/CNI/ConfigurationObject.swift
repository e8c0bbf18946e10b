public import JSON
internal import LinuxSystem

/// A JSON object of a configuration, read by typed accessors whose errors name the key and the value.
///
/// A value of another JSON type than asked for is a decoding error (code 6); one of the right type that makes no sense
/// is a configuration error (code 7). `null` counts as absent. Where no key matches exactly, one that differs only in
/// the case of ASCII letters does, since the reference reads configurations that way and such files exist.
public final class ConfigurationObject: Sendable {
    /// The members as they were read, unknown ones included.
    public let members: JSONObject
    /// Where the object stands, as `ipam.ranges[0][1]`; empty for the whole configuration.
    public let path: String

    /// An object at `path`.
    public init(_ members: JSONObject, path: String = "") {
        self.members = members
        self.path = path
    }

    /// A value that must be an object.
    public convenience init(_ value: JSONValue, path: String) throws(CNIError) {
        guard let members = value.object else { throw Self.wrongType(path, expected: "an object", value) }
        self.init(members, path: path)
    }

    /// The value of a key; `nil` when it is absent or null.
    @inline(never)
    public func value(_ key: String) -> JSONValue? {
        let found = members[key] ?? members.members.first { isEqualIgnoringCase($0.key, key) }?.value
        return found == .null ? nil : found
    }

    /// Whether the key has a value.
    public func has(_ key: String) -> Bool { value(key) != nil }

    /// The path of a key of this object, for messages.
    @inline(never)
    public func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The error for a value that has the right type and makes no sense; `why` is a clause such as "it must be even".
    @inline(never)
    public func invalid(_ key: String, _ why: String) -> CNIError {
        guard let value = value(key) else { return .invalidConfiguration("\"\(path(of: key))\" is missing: \(why)") }
        return .invalidConfiguration("\"\(path(of: key))\": \(value.excerpt()) is invalid: \(why)")
    }

    /// The value that a reader found for `key`; a configuration error when there was none.
    public func required<T>(_ value: T?, _ key: String) throws(CNIError) -> T {
        guard let value else { throw .invalidConfiguration("\"\(path(of: key))\" is required") }
        return value
    }

    static func wrongType(_ path: String, expected: String, _ value: JSONValue) -> CNIError {
        let place = path.isEmpty ? "the configuration" : "\"\(path)\""
        return .decoding("\(place) must be \(expected), not the \(value.typeName) \(value.excerpt())")
    }
}
