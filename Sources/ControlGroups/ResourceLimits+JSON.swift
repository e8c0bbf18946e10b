public import JSON

/// A `resources` object that does not say what it should.
public struct ResourceFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member, as "memory.limit".
    public let key: String
    /// What is expected there.
    public let expected: String

    init(_ key: String, expected: String) {
        self.key = key
        self.expected = expected
    }

    /// As "resources.memory.limit: an integer is expected".
    public var description: String { "resources.\(key): \(expected) is expected" }
}

extension ResourceLimits {
    /// The limits as `linux.resources` of the OCI runtime specification has them.
    public var json: JSONValue {
        var object = JSONObject()
        func put(_ key: String, _ members: JSONObject) { if !members.isEmpty { object[key] = .object(members) } }
        if !devices.isEmpty { object["devices"] = .array(devices.map { $0.json }) }
        put("memory", memory.members)
        put("cpu", processor.members)
        put("blockIO", blockDevices.members)
        if let processes { object["pids"] = .object(JSONObject([("limit", .integer(processes))])) }
        if !hugePages.isEmpty {
            object["hugepageLimits"] = .array(
                hugePages.map {
                    .object(JSONObject([("pageSize", .string($0.pageSize)), ("limit", .integer($0.limit))]))
                })
        }
        var network = JSONObject()
        if let networkClass { network["classID"] = .integer(networkClass) }
        if !networkPriorities.isEmpty {
            network["priorities"] = .array(
                networkPriorities.map {
                    .object(JSONObject([("name", .string($0.interface)), ("priority", .integer($0.priority))]))
                })
        }
        put("network", network)
        put("unified", JSONObject(unified.map { ($0.file, .string($0.value)) }))
        return .object(object)
    }

    /// Reads `linux.resources` of the OCI runtime specification; members that are unknown or null say nothing.
    public init(_ json: JSONValue) throws(ResourceFormatError) {
        let reader = try Reader(json, "")
        if let memory = try reader.object("memory") { self.memory = try Memory(memory) }
        if let processor = try reader.object("cpu") { self.processor = try Processor(processor) }
        if let devices = try reader.object("blockIO") { blockDevices = try BlockDevices(devices) }
        if let pids = try reader.object("pids") { processes = try pids.integer("limit") }
        for entry in try reader.objects("hugepageLimits") {
            let size = try entry.requiredString("pageSize")
            guard Reader.isFileNamePart(size) else {
                throw ResourceFormatError(entry.key("pageSize"), expected: "a size")
            }
            hugePages.append(HugePages(pageSize: size, limit: try entry.requiredInteger("limit")))
        }
        for entry in try reader.objects("devices") { devices.append(try DeviceRule(entry)) }
        if let network = try reader.object("network") {
            networkClass = try network.integer("classID")
            for entry in try network.objects("priorities") {
                networkPriorities.append(
                    NetworkPriority(
                        interface: try entry.requiredString("name"), priority: try entry.requiredInteger("priority")))
            }
        }
        for (file, value) in try reader.object("unified")?.members ?? [] {
            guard let text = value.string, Reader.isFileNamePart(file) else {
                throw ResourceFormatError("unified.\(file)", expected: "a file name with a text")
            }
            unified.append(UnifiedValue(file: file, value: text))
        }
    }
}

/// Members of an object, with its place for errors.
struct Reader {
    let object: JSONObject
    private let path: String

    init(_ json: JSONValue, _ path: String) throws(ResourceFormatError) {
        guard let object = json.object else { throw ResourceFormatError(path, expected: "an object") }
        self.object = object
        self.path = path
    }

    var members: [(key: String, value: JSONValue)] { object.members }

    func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private func value(_ name: String) -> JSONValue? {
        guard let value = object[name] else { return nil }
        if case .null = value { return nil }
        return value
    }

    func integer(_ name: String) throws(ResourceFormatError) -> Int64? {
        guard let value = value(name) else { return nil }
        if let integer = value.integer { return integer }
        // Unsigned in the specification: past 63 bits is no limit that is ever reached.
        if case .number(let text) = value, let number = KernelText.number(text) { return number }
        throw ResourceFormatError(key(name), expected: "an integer")
    }

    func requiredInteger(_ name: String) throws(ResourceFormatError) -> Int64 {
        guard let integer = try integer(name) else { throw ResourceFormatError(key(name), expected: "an integer") }
        return integer
    }

    func string(_ name: String) throws(ResourceFormatError) -> String? {
        guard let value = value(name) else { return nil }
        guard let string = value.string else { throw ResourceFormatError(key(name), expected: "a string") }
        return string
    }

    func requiredString(_ name: String) throws(ResourceFormatError) -> String {
        guard let string = try string(name) else { throw ResourceFormatError(key(name), expected: "a string") }
        return string
    }

    func bool(_ name: String) throws(ResourceFormatError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.bool else { throw ResourceFormatError(key(name), expected: "true or false") }
        return bool
    }

    func object(_ name: String) throws(ResourceFormatError) -> Reader? {
        guard let value = value(name) else { return nil }
        return try Reader(value, key(name))
    }

    func objects(_ name: String) throws(ResourceFormatError) -> [Reader] {
        guard let value = value(name) else { return [] }
        guard let array = value.array else { throw ResourceFormatError(key(name), expected: "an array") }
        var readers: [Reader] = []
        for (index, element) in array.enumerated() { readers.append(try Reader(element, "\(key(name))[\(index)]")) }
        return readers
    }

    /// What may become part of a file's name.
    static func isFileNamePart(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.contains(UInt8(ascii: "/")) && !text.utf8.contains(0) && !hasPrefixDot(text)
    }

    private static func hasPrefixDot(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: ".") }
}
