internal import LinuxSystem

/// One limit of a process, as setrlimit(2) takes it.
public struct ResourceLimit: Hashable, Sendable {
    /// The kernel's number of the resource.
    public let resource: Int32
    /// The limit in force; `UInt64.max` for none.
    public let soft: UInt64
    /// What the process itself may raise the soft limit to.
    public let hard: UInt64

    /// As "RLIMIT_NOFILE".
    public var name: String { Self.name(ProcessLimit.names[Int(resource)]) }

    private static func name(_ resource: String) -> String {
        // `uppercased` would want Unicode's tables, which the Embedded build does without.
        let capitals = resource.utf8.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 - 32 : $0 }
        return "RLIMIT_" + String(decoding: capitals, as: UTF8.self)
    }

    init(_ reader: SpecificationReader) throws(OCIError) {
        let name = try reader.needed("type")
        guard let number = ProcessLimit.names.firstIndex(where: { Self.name($0) == name }) else {
            throw reader.wrong("type", "is no resource that can be limited: \(name)")
        }
        guard let soft: UInt64 = try reader.integer("soft"), let hard: UInt64 = try reader.integer("hard") else {
            throw reader.wrong(try reader.integer("soft", UInt64.self) == nil ? "soft" : "hard", "is required")
        }
        guard soft <= hard else { throw reader.wrong("soft", "must not exceed hard: \(soft) > \(hard)") }
        resource = Int32(number)
        self.soft = soft
        self.hard = hard
    }
}
