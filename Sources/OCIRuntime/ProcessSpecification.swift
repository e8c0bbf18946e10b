public import LinuxSystem

/// What runs in a container: `process` of config.json, or the file given to `exec --process`.
public struct ProcessSpecification: Sendable {
    /// Whether its streams are a terminal of its own.
    public var terminal: Bool
    /// The terminal's size at the start.
    public var consoleSize: Terminal.Size?
    /// Who runs it.
    public var user: ProcessUser
    /// The command and its arguments; never empty.
    public var arguments: [String]
    /// "NAME=value" each.
    public var environment: [String]
    /// Where it starts, an absolute path inside.
    public var workingDirectory: String
    /// Its rights; nil means none.
    public var capabilities: CapabilitySets?
    /// Limits of the process itself.
    public var limits: [ResourceLimit]
    /// Whether executing a program never gives more rights.
    public var noNewPrivileges: Bool
    /// How readily the kernel ends it when memory is short.
    public var oomScoreAdjustment: Int32?
    /// CPU scheduling.
    public var scheduler: SchedulerSpecification?
    /// Disk scheduling: the value of ioprio_set(2).
    public var ioPriority: Int32?
    /// What this machine's kernel does not offer, for a warning.
    public var ignored: [String]

    /// Reads the content of a process file.
    public static func decode(_ bytes: [UInt8], file: String) throws(OCIError) -> ProcessSpecification {
        let value = try RuntimeSpecification.parse(bytes, file: file)
        return try ProcessSpecification(SpecificationReader(value, file: file))
    }

    init(_ reader: SpecificationReader) throws(OCIError) {
        terminal = try reader.bool("terminal") ?? false
        if let size = try reader.nested("consoleSize") {
            guard let rows = try size.integer("height", UInt16.self),
                let columns = try size.integer("width", UInt16.self)
            else { throw reader.wrong("consoleSize", "needs height and width") }
            consoleSize = Terminal.Size(rows: rows, columns: columns)
        }
        user = try ProcessUser(reader.nested("user"))
        arguments = try reader.strings("args")
        guard let command = arguments.first, !command.isEmpty else {
            throw reader.wrong("args", "must hold a command")
        }
        environment = try reader.strings("env")
        workingDirectory = try reader.needed("cwd")
        guard hasPrefix(workingDirectory, "/") else {
            throw reader.wrong("cwd", "must be an absolute path, not \(workingDirectory)")
        }
        capabilities = try reader.nested("capabilities").map { (nested) throws(OCIError) in try CapabilitySets(nested) }
        limits = []
        for limit in try reader.objects("rlimits") { limits.append(try ResourceLimit(limit)) }
        noNewPrivileges = try reader.bool("noNewPrivileges") ?? false
        oomScoreAdjustment = try reader.integer("oomScoreAdj")
        if let score = oomScoreAdjustment, !(-1000...1000).contains(score) {
            throw reader.wrong("oomScoreAdj", "must be from -1000 to 1000, not \(score)")
        }
        scheduler = try reader.nested("scheduler").map { (nested) throws(OCIError) in try SchedulerSpecification(nested)
        }
        ioPriority = try Self.ioPriority(reader.nested("ioPriority"))
        ignored = []
        for key in ["apparmorProfile", "selinuxLabel"] {
            if let label = try reader.string(key), !label.isEmpty, label != "unconfined" {
                ignored.append("\(reader.name(key)) \(label) is ignored: no such security module is used here")
            }
        }
    }

    private static func ioPriority(_ reader: SpecificationReader?) throws(OCIError) -> Int32? {
        guard let reader else { return nil }
        let level = try reader.integer("priority", Int32.self) ?? 0
        guard (0...7).contains(level) else { throw reader.wrong("priority", "must be from 0 to 7, not \(level)") }
        let classes = ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]
        let name = try reader.needed("class")
        guard let number = classes.firstIndex(of: name) else {
            throw reader.wrong("class", "must be \(classes.joined(separator: ", ")), not \(name)")
        }
        return Int32(number + 1) << 13 | level
    }
}

/// Who runs a process: numbers inside the container.
public struct ProcessUser: Hashable, Sendable {
    /// The user id.
    public var user: UInt32 = 0
    /// The group id.
    public var group: UInt32 = 0
    /// Further groups.
    public var additionalGroups: [UInt32] = []
    /// The mask of file modes; the runtime's default when nil.
    public var mask: UInt32?

    /// A user.
    public init(user: UInt32 = 0, group: UInt32 = 0) {
        self.user = user
        self.group = group
    }

    init(_ reader: SpecificationReader?) throws(OCIError) {
        guard let reader else { return }
        user = try reader.integer("uid") ?? 0
        group = try reader.integer("gid") ?? 0
        additionalGroups = try reader.numbers("additionalGids")
        mask = try reader.integer("umask")
        if let mask, mask > 0o777 { throw reader.wrong("umask", "must be from 0 to 511, not \(mask)") }
    }
}

/// `process.scheduler`: what sched_setattr(2) is given.
public struct SchedulerSpecification: Hashable, Sendable {
    /// The kernel's number of the policy.
    public let policy: UInt32
    /// SCHED_FLAG_ bits.
    public let flags: UInt64
    /// For the ordinary policies.
    public let nice: Int32
    /// For the real-time policies.
    public let priority: UInt32
    /// Nanoseconds of SCHED_DEADLINE: runtime, deadline, period.
    public let times: [UInt64]

    private static let policies = [
        "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
    ]
    private static let flagNames = [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
        "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ]

    init(_ reader: SpecificationReader) throws(OCIError) {
        let name = try reader.needed("policy")
        guard let number = Self.policies.firstIndex(of: name), number != 4 else {
            throw reader.wrong("policy", "is unknown: \(name)")
        }
        policy = UInt32(number)
        var flags: UInt64 = 0
        for flag in try reader.strings("flags") {
            guard let bit = Self.flagNames.firstIndex(of: flag) else {
                throw reader.wrong("flags", "hold an unknown flag: \(flag)")
            }
            flags |= 1 << UInt64(bit)
        }
        self.flags = flags
        nice = try reader.integer("nice") ?? 0
        guard (-20...19).contains(nice) else { throw reader.wrong("nice", "must be from -20 to 19, not \(nice)") }
        priority = try reader.integer("priority") ?? 0
        times = [
            try reader.integer("runtime") ?? 0, try reader.integer("deadline") ?? 0, try reader.integer("period") ?? 0,
        ]
    }
}
