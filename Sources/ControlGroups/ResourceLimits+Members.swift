internal import JSON

extension JSONObject {
    fileprivate mutating func put(_ key: String, _ value: Int64?) { if let value { self[key] = .integer(value) } }
    fileprivate mutating func put(_ key: String, _ value: String?) { if let value { self[key] = .string(value) } }
}

extension ResourceLimits.Memory {
    var members: JSONObject {
        var object = JSONObject()
        object.put("limit", limit)
        object.put("swap", swap)
        object.put("reservation", reservation)
        object.put("kernel", kernel)
        object.put("swappiness", swappiness)
        if disableOutOfMemoryKill { object["disableOOMKiller"] = .bool(true) }
        return object
    }

    init(_ reader: Reader) throws(ResourceFormatError) {
        limit = try reader.integer("limit")
        swap = try reader.integer("swap")
        reservation = try reader.integer("reservation")
        kernel = try reader.integer("kernel")
        swappiness = try reader.integer("swappiness")
        disableOutOfMemoryKill = try reader.bool("disableOOMKiller") ?? false
    }
}

extension ResourceLimits.Processor {
    var members: JSONObject {
        var object = JSONObject()
        object.put("shares", shares)
        object.put("quota", quota)
        object.put("period", period)
        object.put("burst", burst)
        object.put("realtimeRuntime", realtimeRuntime)
        object.put("realtimePeriod", realtimePeriod)
        object.put("cpus", processors)
        object.put("mems", memoryNodes)
        object.put("idle", idle)
        return object
    }

    init(_ reader: Reader) throws(ResourceFormatError) {
        shares = try reader.integer("shares")
        quota = try reader.integer("quota")
        period = try reader.integer("period")
        burst = try reader.integer("burst")
        realtimeRuntime = try reader.integer("realtimeRuntime")
        realtimePeriod = try reader.integer("realtimePeriod")
        processors = Self.nonEmpty(try reader.string("cpus"))
        memoryNodes = Self.nonEmpty(try reader.string("mems"))
        idle = try reader.integer("idle")
    }

    private static func nonEmpty(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text
    }
}

extension ResourceLimits.BlockDevices {
    var members: JSONObject {
        var object = JSONObject()
        object.put("weight", weight)
        func put(_ key: String, _ entries: [ResourceLimits.DeviceValue], _ member: String) {
            guard !entries.isEmpty else { return }
            object[key] = .array(
                entries.map {
                    .object(
                        JSONObject([
                            ("major", .integer($0.major)), ("minor", .integer($0.minor)), (member, .integer($0.value)),
                        ]))
                })
        }
        put("weightDevice", weights, "weight")
        put("throttleReadBpsDevice", readBytes, "rate")
        put("throttleWriteBpsDevice", writeBytes, "rate")
        put("throttleReadIOPSDevice", readOperations, "rate")
        put("throttleWriteIOPSDevice", writeOperations, "rate")
        return object
    }

    init(_ reader: Reader) throws(ResourceFormatError) {
        func entries(_ key: String, _ member: String) throws(ResourceFormatError) -> [ResourceLimits.DeviceValue] {
            var found: [ResourceLimits.DeviceValue] = []
            for entry in try reader.objects(key) {
                // A leaf weight alone: kernels since 5.0 have none.
                guard let value = try entry.integer(member) else { continue }
                found.append(
                    ResourceLimits.DeviceValue(
                        major: try entry.requiredInteger("major"), minor: try entry.requiredInteger("minor"),
                        value: value))
            }
            return found
        }
        weight = try reader.integer("weight")
        weights = try entries("weightDevice", "weight")
        readBytes = try entries("throttleReadBpsDevice", "rate")
        writeBytes = try entries("throttleWriteBpsDevice", "rate")
        readOperations = try entries("throttleReadIOPSDevice", "rate")
        writeOperations = try entries("throttleWriteIOPSDevice", "rate")
    }
}

extension DeviceRule {
    var json: JSONValue {
        var object = JSONObject([("allow", .bool(allows)), ("type", .string(kind.letter))])
        object.put("major", major)
        object.put("minor", minor)
        object["access"] = .string(access.letters)
        return .object(object)
    }

    init(_ reader: Reader) throws(ResourceFormatError) {
        guard let allows = try reader.bool("allow") else {
            throw ResourceFormatError(reader.key("allow"), expected: "true or false")
        }
        let kind: Kind
        switch try reader.string("type") ?? "a" {
        case "a", "": kind = .all
        case "c", "u": kind = .character
        case "b": kind = .block
        default: throw ResourceFormatError(reader.key("type"), expected: "a, b, c or u")
        }
        let letters = try reader.string("access") ?? "rwm"
        guard let access = Access(letters.isEmpty ? "rwm" : letters) else {
            throw ResourceFormatError(reader.key("access"), expected: "some of r, w and m")
        }
        func number(_ name: String) throws(ResourceFormatError) -> Int64? {
            guard let value = try reader.integer(name), value >= 0 else { return nil }
            return value
        }
        self.init(
            allows: allows, kind: kind, major: try number("major"), minor: try number("minor"), access: access)
    }
}
