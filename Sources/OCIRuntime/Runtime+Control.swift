internal import ControlGroups
internal import JSON
internal import LinuxSystem

extension Runtime {
    /// `pause` and `resume`.
    func setPaused(_ paused: Bool, _ id: String) throws(OCIError) -> CInt {
        guard let lock = try store.lock(id) else { throw .refused("container \"\(id)\" does not exist") }
        defer { lock.keepHeld() }
        let record = try store.existing(id)
        let status = try status(of: record)
        guard paused ? status == .running || status == .created : status == .paused else {
            throw .refused(paused ? "container not running or created: \(status.rawValue)" : "container not paused")
        }
        guard let group = try record.group() else { throw .refused("container \(id) has no control group") }
        try attempting(paused ? "pause the container" : "resume the container") { () throws(SystemError) in
            if paused { try group.freeze() } else { try group.thaw() }
        }
        return 0
    }

    /// `ps`: the numbers of the container's processes, or a table of them.
    func listProcesses(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let format = try Self.format(options)
        let record = try store.existing(options.arguments[0])
        let group = try record.group()
        let processes = try attempting("") { () throws(SystemError) in try group?.processes() ?? [] }
        switch format {
        case .json:
            return try OCICommand.say(JSONValue.array(processes.map { .integer(Int64($0)) }).text() + "\n")
        case .table:
            var rows = [["PID", "PPID", "COMMAND"]]
            for process in processes {
                if let row = Self.row(process) { rows.append(row) }
            }
            return try OCICommand.say(Self.table(rows))
        }
    }

    /// A process's line; nil when it has ended meanwhile.
    private static func row(_ process: Int32) -> [String]? {
        guard let status = try? Files.read("/proc/\(process)/stat", limit: 4096),
            let end = status.lastIndex(of: UInt8(ascii: ")")), var start = status.firstIndex(of: UInt8(ascii: "("))
        else { return nil }
        start += 1
        let fields = status[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 1 else { return nil }
        let line = ((try? Files.read("/proc/\(process)/cmdline", limit: 4 << 20)) ?? []).split(separator: 0)
            .map { String(decoding: $0, as: UTF8.self) }
        let name = "[\(String(decoding: status[start..<end], as: UTF8.self))]"
        return [
            String(process), String(decoding: fields[1], as: UTF8.self),
            line.isEmpty ? name : line.joined(separator: " "),
        ]
    }

    /// `update`: changes limits.
    func update(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let record = try store.existing(options.arguments[0])
        guard var group = try record.group() else { throw .refused("container \(record.id) has no control group") }
        let limits = try wantedLimits(options)
        let warnings = try ContainerGroup.reporting { () throws(ControlGroupError) in try group.apply(limits) }
        for warning in warnings { log.write(.warning, warning) }
        return 0
    }

    private func wantedLimits(_ options: ParsedOptions) throws(OCIError) -> ResourceLimits {
        if let path = options.value("resources") {
            let content = try attempting("") { () throws(SystemError) in
                path == "-"
                    ? try StandardStreams.readInput(limit: StateStore.fileLimit)
                    : try Files.read(path, limit: StateStore.fileLimit)
            }
            let file = path == "-" ? "standard input" : path
            let value = try RuntimeSpecification.parse(content, file: file)
            guard let object = value.object else {
                throw .configuration(file: file, key: "", problem: "must be an object, not \(value.excerpt())")
            }
            return try ContainerGroup.limits(object, file: file, prefix: "")
        }
        var limits = ResourceLimits()
        limits.blockDevices.weight = try options.number("blkio-weight")
        limits.processor.shares = try options.number("cpu-share")
        limits.processor.period = try options.number("cpu-period")
        limits.processor.quota = try options.number("cpu-quota")
        limits.processor.burst = try options.number("cpu-burst")
        limits.processor.realtimePeriod = try options.number("cpu-rt-period")
        limits.processor.realtimeRuntime = try options.number("cpu-rt-runtime")
        limits.processor.idle = try options.number("cpu-idle")
        limits.processor.processors = options.value("cpuset-cpus")
        limits.processor.memoryNodes = options.value("cpuset-mems")
        limits.memory.kernel = try options.number("kernel-memory")
        limits.memory.limit = try options.number("memory")
        limits.memory.reservation = try options.number("memory-reservation")
        limits.memory.swap = try options.number("memory-swap")
        limits.processes = try options.number("pids-limit")
        return limits
    }

    /// `events`: what the container uses, once or again and again until it ends.
    func reportEvents(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let record = try store.existing(options.arguments[0])
        let interval = try Self.milliseconds(options.value("interval") ?? "5s")
        guard let process = try process(of: record) else {
            throw .refused("container with id \(record.id) is not running")
        }
        while true {
            let usage = try record.group()?.usage() ?? ResourceUsage()
            _ = try OCICommand.say(Self.event(record.id, usage).text() + "\n")
            if options.has("stats") { return 0 }
            let hasEnded = try attempting("") { () throws(SystemError) in
                try process.waitForEnd(milliseconds: interval)
            }
            if hasEnded { return 0 }
        }
    }

    /// "5s", "500ms", "2m" in milliseconds.
    private static func milliseconds(_ text: String) throws(OCIError) -> Int {
        for (suffix, factor) in [("ms", 1), ("s", 1000), ("m", 60_000)] where hasSuffix(text, suffix) {
            let digits = String(decoding: Array(text.utf8.dropLast(suffix.utf8.count)), as: UTF8.self)
            if let number = Int(digits), number > 0, number < 1_000_000 { return number * factor }
        }
        throw .usage("--interval must be a time such as 5s, not \(text)")
    }

    private static func event(_ id: String, _ usage: ResourceUsage) -> JSONValue {
        func object(_ members: [(String, Int64?)]) -> JSONValue {
            .object(JSONObject(members.map { ($0.0, .integer($0.1 ?? 0)) }))
        }
        let processor = JSONObject([
            (
                "usage",
                object([
                    ("total", usage.processorTime.map { $0 * 1000 }), ("kernel", usage.systemTime.map { $0 * 1000 }),
                    ("user", usage.userTime.map { $0 * 1000 }),
                ])
            ),
            (
                "throttling",
                object([
                    ("periods", usage.periods), ("throttledPeriods", usage.throttledPeriods),
                    ("throttledTime", usage.throttledTime.map { $0 * 1000 }),
                ])
            ),
        ])
        let memory = JSONObject([
            ("usage", object([("limit", usage.memoryLimit), ("usage", usage.memory), ("failcnt", 0)]))
        ])
        func transfer(_ name: String, _ bytes: Int64?) -> JSONValue {
            .object(JSONObject([("op", .string(name)), ("value", .integer(bytes ?? 0))]))
        }
        let blocks = JSONObject([
            (
                "ioServiceBytesRecursive",
                .array([transfer("Read", usage.bytesRead), transfer("Write", usage.bytesWritten)])
            )
        ])
        let data = JSONObject([
            ("cpu", .object(processor)), ("memory", .object(memory)),
            ("pids", object([("current", usage.processes), ("limit", usage.processLimit)])), ("blkio", .object(blocks)),
        ])
        return .object(JSONObject([("type", .string("stats")), ("id", .string(id)), ("data", .object(data))]))
    }
}
