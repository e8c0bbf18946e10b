internal import JSON
internal import LinuxSystem

/// What surrounds a container's command, in launch.json: namespaces, groups, limits.
extension LaunchPlan {
    /// Writes what differs from a container with everything of its own.
    func addSurroundings(to object: inout JSONObject) {
        func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        object["network"] = .string(network.text)
        for (key, namespace) in [("pid", pid), ("ipc", ipc), ("uts", uts), ("cgroup", cgroup)]
        where namespace != .own { object[key] = .string(namespace.text) }
        if let identifiers {
            object["identifiers"] = .array(
                identifiers.map { .array([$0.inside, $0.outside, $0.count].map { .integer(Int64($0)) }) })
        }
        if !domainName.isEmpty { object["domainName"] = .string(domainName) }
        if !hasInit { object["hasInit"] = .bool(false) }
        if followsHostMounts { object["followsHostMounts"] = .bool(true) }
        if !legacyControlGroups.isEmpty { object["legacyControlGroups"] = strings(legacyControlGroups) }
        if let outOfMemoryEvents { object["outOfMemoryEvents"] = .string(outOfMemoryEvents) }
        if let oomScoreAdjustment { object["oomScoreAdjustment"] = .integer(Int64(oomScoreAdjustment)) }
        if !limits.isEmpty {
            object["limits"] = strings(limits.map { "\($0.resource) \($0.soft) \($0.hard)" })
        }
        if !sysctls.isEmpty { object["sysctls"] = strings(sysctls.map { "\($0.name)=\($0.value)" }) }
        if let filter {
            object["filter"] = .object(
                JSONObject([("path", .string(filter.path)), ("flags", .integer(Int64(filter.flags)))]))
        }
    }

    /// Reads what `addSurroundings` wrote.
    mutating func readSurroundings(_ reader: RecordReader) throws(RecordError) {
        network = try Namespace(try reader.string("network"), key: "network")
        if let text = try reader.optionalString("pid") { pid = try Namespace(text, key: "pid") }
        if let text = try reader.optionalString("ipc") { ipc = try Namespace(text, key: "ipc") }
        if let text = try reader.optionalString("uts") { uts = try Namespace(text, key: "uts") }
        if let text = try reader.optionalString("cgroup") { cgroup = try Namespace(text, key: "cgroup") }
        if reader.has("identifiers") {
            var ranges: [ContainerLaunch.Mapping] = []
            for range in try reader.array("identifiers") {
                let numbers = (range.array ?? []).compactMap { $0.integer.map { UInt32(clamping: $0) } }
                guard numbers.count == 3 else {
                    throw RecordError("identifiers", expected: "a list of three numbers each")
                }
                ranges.append(ContainerLaunch.Mapping(inside: numbers[0], outside: numbers[1], count: numbers[2]))
            }
            identifiers = ranges
        }
        domainName = try reader.optionalString("domainName") ?? ""
        if reader.has("hasInit") { hasInit = try reader.bool("hasInit") }
        if reader.has("followsHostMounts") { followsHostMounts = try reader.bool("followsHostMounts") }
        if reader.has("legacyControlGroups") { legacyControlGroups = try reader.strings("legacyControlGroups") }
        outOfMemoryEvents = try reader.optionalString("outOfMemoryEvents")
        if reader.has("oomScoreAdjustment") {
            oomScoreAdjustment = Int32(clamping: try reader.integer("oomScoreAdjustment"))
        }
        if reader.has("limits") {
            limits = try reader.strings("limits").map { text throws(RecordError) in try Limit(text) }
        }
        if reader.has("sysctls") {
            sysctls = try reader.strings("sysctls").map { text throws(RecordError) in try Sysctl(text) }
        }
        if reader.has("filter") {
            let member = try reader.member("filter")
            filter = Filter(
                path: try member.string("path"), flags: UInt32(clamping: try member.integer("flags")))
        }
    }
}

extension LaunchPlan.Namespace {
    /// As launch.json says it: "own", "host" or "join:PATH".
    var text: String {
        switch self {
        case .own: "own"
        case .host: "host"
        case .join(let path): "join:" + path
        }
    }

    init(_ text: String, key: String) throws(RecordError) {
        switch text {
        case "own": self = .own
        case "host": self = .host
        default:
            guard text.hasPrefix("join:/") else { throw RecordError(key, expected: "own, host or join:PATH") }
            self = .join(String(text.dropFirst(5)))
        }
    }
}

extension LaunchPlan.Limit {
    init(_ text: String) throws(RecordError) {
        let parts = text.split(separator: " ")
        guard parts.count == 3, let resource = Int32(parts[0]), let soft = UInt64(parts[1]), let hard = UInt64(parts[2])
        else { throw RecordError("limits", expected: "a list of three numbers each") }
        self.init(resource: resource, soft: soft, hard: hard)
    }
}

extension LaunchPlan.Sysctl {
    init(_ text: String) throws(RecordError) {
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw RecordError("sysctls", expected: "a list of NAME=VALUE")
        }
        self.init(name: String(text[..<sign]), value: String(text[text.utf8.index(after: sign)...]))
    }
}
