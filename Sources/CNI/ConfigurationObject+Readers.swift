public import Addressing
public import JSON

// Readers of one value; `nil` when the key is absent.
extension ConfigurationObject {
    /// A string without NUL, which would end it early wherever the kernel reads it.
    @inline(never)
    public func string(_ key: String) throws(CNIError) -> String? {
        guard let value = value(key) else { return nil }
        return try text(value, path(of: key))
    }

    /// A string, or `fallback`.
    @inline(never)
    public func string(_ key: String, default fallback: String) throws(CNIError) -> String {
        try string(key) ?? fallback
    }

    /// A boolean.
    @inline(never)
    public func bool(_ key: String) throws(CNIError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw Self.wrongType(path(of: key), expected: "true or false", value) }
        return flag
    }

    /// A boolean, or `fallback`.
    @inline(never)
    public func bool(_ key: String, default fallback: Bool) throws(CNIError) -> Bool {
        try bool(key) ?? fallback
    }

    /// An integer of a range.
    public func integer(_ key: String, in range: ClosedRange<Int>) throws(CNIError) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .integer(let number) = value else {
            if case .number = value { throw invalid(key, "it must be an integer in \(Self.text(range))") }
            throw Self.wrongType(path(of: key), expected: "an integer", value)
        }
        guard let number = Int(exactly: number), range.contains(number) else {
            throw invalid(key, "it must be in \(Self.text(range))")
        }
        return number
    }

    /// An integer of a range, or `fallback`.
    public func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int) throws(CNIError) -> Int {
        try integer(key, in: range) ?? fallback
    }

    /// One of the cases of an enumeration of strings; the empty string is `fallback`, as in the reference.
    public func choice<T: RawRepresentable & CaseIterable>(_ key: String, default fallback: T) throws(CNIError) -> T
    where T.RawValue == String {
        guard let text = try string(key), !text.isEmpty else { return fallback }
        if let choice = T(rawValue: text) { return choice }
        throw invalid(key, "it must be one of \(T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }

    /// An IP address; the empty string counts as absent, as in the reference.
    @inline(never)
    public func address(_ key: String) throws(CNIError) -> IPAddress? {
        guard let text = try string(key), !text.isEmpty else { return nil }
        guard let address = IPAddress(text) else { throw invalid(key, "it must be an IP address") }
        return address
    }

    /// An IP address with prefix length; the empty string counts as absent.
    @inline(never)
    public func network(_ key: String) throws(CNIError) -> IPNetwork? {
        guard let text = try string(key), !text.isEmpty else { return nil }
        guard let network = IPNetwork(text) else {
            throw invalid(key, "it must be an IP address with a prefix length, as 10.1.0.0/16")
        }
        return network
    }

    /// A 48-bit link-layer address that an interface may carry; the empty string counts as absent.
    @inline(never)
    public func mac(_ key: String) throws(CNIError) -> MACAddress? {
        guard let text = try string(key), !text.isEmpty else { return nil }
        guard let address = MACAddress(text) else { throw invalid(key, "it must be a MAC address") }
        guard !address.isMulticast, !address.isZero else { throw invalid(key, "no interface may carry this address") }
        return address
    }

    /// An object within this one.
    @inline(never)
    public func nested(_ key: String) throws(CNIError) -> ConfigurationObject? {
        guard let value = value(key) else { return nil }
        return try ConfigurationObject(value, path: path(of: key))
    }

    private func text(_ value: JSONValue, _ path: String) throws(CNIError) -> String {
        guard let text = value.string else { throw Self.wrongType(path, expected: "a string", value) }
        guard !text.utf8.contains(0) else {
            throw .invalidConfiguration("\"\(path)\": \(value.excerpt()) is invalid: it contains a NUL character")
        }
        return text
    }

    private static func text(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound)...\(range.upperBound)" }
}

// Readers of lists; empty when the key is absent.
extension ConfigurationObject {
    /// The elements of an array.
    @inline(never)
    public func list(_ key: String) throws(CNIError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let elements = value.array else { throw Self.wrongType(path(of: key), expected: "an array", value) }
        return elements
    }

    /// An array of strings.
    @inline(never)
    public func stringList(_ key: String) throws(CNIError) -> [String] {
        var result: [String] = []
        for (index, element) in try list(key).enumerated() {
            result.append(try text(element, "\(path(of: key))[\(index)]"))
        }
        return result
    }

    /// An array of objects.
    @inline(never)
    public func objects(_ key: String) throws(CNIError) -> [ConfigurationObject] {
        try Self.objects(try list(key), path: path(of: key))
    }

    /// An array of arrays of objects, as `ranges` of host-local is.
    @inline(never)
    public func objectLists(_ key: String) throws(CNIError) -> [[ConfigurationObject]] {
        var result: [[ConfigurationObject]] = []
        for (index, element) in try list(key).enumerated() {
            let place = "\(path(of: key))[\(index)]"
            guard let elements = element.array else { throw Self.wrongType(place, expected: "an array", element) }
            result.append(try Self.objects(elements, path: place))
        }
        return result
    }

    @inline(never)
    private static func objects(_ elements: [JSONValue], path: String) throws(CNIError) -> [ConfigurationObject] {
        var result: [ConfigurationObject] = []
        for (index, element) in elements.enumerated() {
            result.append(try ConfigurationObject(element, path: "\(path)[\(index)]"))
        }
        return result
    }
}
