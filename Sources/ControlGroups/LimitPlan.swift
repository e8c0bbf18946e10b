/// One value that goes into one file of a container's group.
struct LimitWrite: Hashable, Sendable {
    /// Which hierarchy's group has the file.
    enum Place: Hashable, Sendable {
        case legacy(Controller)
        case unified
    }

    /// A file and what it is given; several stand for the names a file had in different kernels.
    struct Candidate: Hashable, Sendable {
        let file: String
        let value: String
    }

    /// What a file that is missing means.
    enum Missing: Hashable, Sendable {
        /// The limit cannot be had; why, as a clause.
        case refuse(String)
        /// The limit is left out, and that is said.
        case warn(String)
        /// Nobody asked for it by name.
        case ignore
    }

    /// The flag that asks for it.
    let option: String
    let place: Place
    let candidates: [Candidate]
    let missing: Missing

    init(_ option: String, _ place: Place, _ candidates: [Candidate], missing: Missing) {
        self.option = option
        self.place = place
        self.candidates = candidates
        self.missing = missing
    }

    init(_ option: String, _ place: Place, _ file: String, _ value: String, missing: Missing) {
        self.init(option, place, [Candidate(file: file, value: value)], missing: missing)
    }
}

/// From limits and a machine's hierarchies to what is written where: decided without touching anything.
struct LimitPlan: Hashable, Sendable {
    /// The version 1 controllers in which the container needs a group.
    private(set) var legacy: [Controller] = []
    /// The version 2 controllers that its group needs.
    private(set) var unified: [Controller] = []
    /// What is written, in order.
    private(set) var writes: [LimitWrite] = []
    /// What a person should know.
    private(set) var warnings: [String] = []

    private let hierarchies: ControlGroupHierarchies
    private let lenient: Bool

    /// The plan; `lenient` leaves out, with a warning, what this machine cannot do.
    init(_ limits: ResourceLimits, _ hierarchies: ControlGroupHierarchies, lenient: Bool)
        throws(ControlGroupError)
    {
        self.hierarchies = hierarchies
        self.lenient = lenient
        try addMemory(limits.memory)
        try addProcessor(limits.processor)
        try addSets(limits.processor)
        try addBlockDevices(limits.blockDevices)
        if let count = limits.processes {
            try add(.pids, "--pids-limit", file: "pids.max", count > 0 ? "\(count)" : "max")
        }
        for pages in limits.hugePages {
            try add(
                .hugetlb, "hugepageLimits", legacy: "hugetlb.\(pages.pageSize).limit_in_bytes", "\(pages.limit)",
                unified: "hugetlb.\(pages.pageSize).max", "\(pages.limit)")
        }
        if let value = limits.networkClass {
            try add(.netClass, "network.classID", file: "net_cls.classid", "\(value)")
        }
        for entry in limits.networkPriorities {
            try add(
                .netPriority, "network.priorities", file: "net_prio.ifpriomap", "\(entry.interface) \(entry.priority)")
        }
        try addUnified(limits.unified)
    }

    /// Where a controller's files are; nil, with a warning, when it is nowhere and that is tolerated.
    private mutating func place(_ controller: Controller, _ option: String) throws(ControlGroupError)
        -> LimitWrite.Place?
    {
        if hierarchies.legacy(controller) != nil {
            if !legacy.contains(controller) { legacy.append(controller) }
            return .legacy(controller)
        }
        if hierarchies.unifiedHas(controller) {
            if !unified.contains(controller) { unified.append(controller) }
            return .unified
        }
        try leaveOut(option, hierarchies.absence(of: controller))
        return nil
    }

    private mutating func leaveOut(_ option: String, _ cause: String) throws(ControlGroupError) {
        guard lenient else { throw .absent(option: option, cause: cause) }
        warnings.append("\(option) is left out: \(cause)")
    }

    private func missing(_ cause: String) -> LimitWrite.Missing { lenient ? .warn(cause) : .refuse(cause) }

    /// A file of the same name in both versions.
    private mutating func add(_ controller: Controller, _ option: String, file: String, _ value: String)
        throws(ControlGroupError)
    {
        try add(controller, option, legacy: file, value, unified: file, value)
    }

    private mutating func add(
        _ controller: Controller, _ option: String, legacy: String, _ legacyValue: String, unified: String?,
        _ unifiedValue: String, because cause: String = "this kernel's group has no such file"
    ) throws(ControlGroupError) {
        switch try place(controller, option) {
        case .legacy:
            writes.append(LimitWrite(option, .legacy(controller), legacy, legacyValue, missing: missing(cause)))
        case .unified:
            guard let unified else {
                return try leaveOut(option, "version 2 of control groups has no such limit")
            }
            writes.append(LimitWrite(option, .unified, unified, unifiedValue, missing: missing(cause)))
        case nil: break
        }
    }

    private static func orMax(_ value: Int64) -> String { value < 0 ? "max" : "\(value)" }

    private mutating func addMemory(_ memory: ResourceLimits.Memory) throws(ControlGroupError) {
        if let limit = memory.limit {
            try add(
                .memory, "--memory", legacy: "memory.limit_in_bytes", "\(limit)", unified: "memory.max",
                Self.orMax(limit))
        }
        if let swap = memory.swap {
            // Version 2 limits swap alone.
            let alone = swap < 0 ? "max" : "\(max(0, swap - max(0, memory.limit ?? 0)))"
            try add(
                .memory, "--memory-swap", legacy: "memory.memsw.limit_in_bytes", "\(swap)",
                unified: "memory.swap.max", alone, because: "this kernel does not count swap (swapaccount=0, or none)")
        } else if let limit = memory.limit, limit > 0 {
            addStandardSwap(limit)
        }
        if let reservation = memory.reservation {
            try add(
                .memory, "--memory-reservation", legacy: "memory.soft_limit_in_bytes", "\(reservation)",
                unified: "memory.low", Self.orMax(reservation))
        }
        if let swappiness = memory.swappiness {
            try add(
                .memory, "--memory-swappiness", legacy: "memory.swappiness", "\(swappiness)", unified: nil, "")
        }
        if memory.disableOutOfMemoryKill {
            try add(.memory, "--oom-kill-disable", legacy: "memory.oom_control", "1", unified: nil, "")
        }
        if memory.kernel != nil {
            // Linux 5.16 and later: version 1 takes the value and keeps none, version 2 never had the file.
            warnings.append("--kernel-memory has no effect: kernels no longer limit their own memory apart")
        }
    }

    /// Docker's default: as much swap as memory.
    private mutating func addStandardSwap(_ limit: Int64) {
        if hierarchies.legacy(.memory) != nil {
            writes.append(
                LimitWrite(
                    "--memory", .legacy(.memory), "memory.memsw.limit_in_bytes", "\(Self.doubled(limit))",
                    missing: .ignore))
        } else if hierarchies.unifiedHas(.memory) {
            writes.append(LimitWrite("--memory", .unified, "memory.swap.max", "\(limit)", missing: .ignore))
        }
    }

    private static func doubled(_ value: Int64) -> Int64 { value > .max / 2 ? .max : value * 2 }

    private mutating func addProcessor(_ processor: ResourceLimits.Processor) throws(ControlGroupError) {
        if let idle = processor.idle { try add(.cpu, "cpu.idle", file: "cpu.idle", "\(idle)") }
        if let shares = processor.shares, shares > 0 {
            try add(
                .cpu, "--cpu-shares", legacy: "cpu.shares", "\(shares)", unified: "cpu.weight",
                "\(LimitPlan.weight(shares: shares))")
        }
        if processor.period != nil || processor.quota != nil { try addQuota(processor) }
        if let burst = processor.burst {
            try add(.cpu, "cpu.burst", legacy: "cpu.cfs_burst_us", "\(burst)", unified: "cpu.max.burst", "\(burst)")
        }
        let cause = "this kernel does not share out realtime (CONFIG_RT_GROUP_SCHED)"
        if let period = processor.realtimePeriod, period > 0 {
            try add(
                .cpu, "--cpu-rt-period", legacy: "cpu.rt_period_us", "\(period)", unified: nil, "", because: cause)
        }
        if let runtime = processor.realtimeRuntime {
            try add(
                .cpu, "--cpu-rt-runtime", legacy: "cpu.rt_runtime_us", "\(runtime)", unified: nil, "", because: cause)
        }
    }

    static let standardPeriod: Int64 = 100_000  // microseconds: the kernel's default

    private mutating func addQuota(_ processor: ResourceLimits.Processor) throws(ControlGroupError) {
        let cause = "this kernel has no CFS bandwidth control (CONFIG_CFS_BANDWIDTH)"
        let option = processor.quota == nil ? "--cpu-period" : "--cpu-quota"
        let quota = processor.quota.map { $0 > 0 ? $0 : -1 }
        switch try place(.cpu, option) {
        case .legacy:
            // The period first: a quota is checked against it.
            if let period = processor.period, period > 0 {
                writes.append(
                    LimitWrite(
                        "--cpu-period", .legacy(.cpu), "cpu.cfs_period_us", "\(period)", missing: missing(cause)))
            }
            if let quota {
                writes.append(
                    LimitWrite(option, .legacy(.cpu), "cpu.cfs_quota_us", "\(quota)", missing: missing(cause)))
            }
        case .unified:
            let period = processor.period.map { $0 > 0 ? $0 : Self.standardPeriod } ?? Self.standardPeriod
            writes.append(
                LimitWrite(
                    option, .unified, "cpu.max", "\(Self.orMax(quota ?? -1)) \(period)", missing: missing(cause)))
        case nil: break
        }
    }

    /// Version 2's weight for version 1's shares, as systemd converts them: 1024 is 100.
    static func weight(shares: Int64) -> Int64 { min(10_000, max(1, min(shares, 1 << 18) * 100 / 1024)) }

    private mutating func addSets(_ processor: ResourceLimits.Processor) throws(ControlGroupError) {
        if let processors = processor.processors {
            try add(.cpuset, "--cpuset-cpus", file: "cpuset.cpus", processors)
        }
        if let nodes = processor.memoryNodes { try add(.cpuset, "--cpuset-mems", file: "cpuset.mems", nodes) }
    }

    private mutating func addBlockDevices(_ devices: ResourceLimits.BlockDevices) throws(ControlGroupError) {
        if let weight = devices.weight { try addWeight("--blkio-weight", weight, device: nil) }
        for entry in devices.weights {
            try addWeight("--blkio-weight-device", entry.value, device: "\(entry.major):\(entry.minor)")
        }
        let throttles = [
            ("--device-read-bps", "read_bps", "rbps", devices.readBytes),
            ("--device-write-bps", "write_bps", "wbps", devices.writeBytes),
            ("--device-read-iops", "read_iops", "riops", devices.readOperations),
            ("--device-write-iops", "write_iops", "wiops", devices.writeOperations),
        ]
        for (option, legacy, unified, entries) in throttles {
            for entry in entries {
                let device = "\(entry.major):\(entry.minor)"
                try add(
                    .blkio, option, legacy: "blkio.throttle.\(legacy)_device", "\(device) \(entry.value)",
                    unified: "io.max", "\(device) \(unified)=\(entry.value == 0 ? "max" : "\(entry.value)")",
                    because: "this kernel does not throttle devices (CONFIG_BLK_DEV_THROTTLING)")
            }
        }
    }

    /// BFQ's files take the weight as it is; io.weight, of the cost model, counts from 1 to 10000.
    private mutating func addWeight(_ option: String, _ weight: Int64, device: String?) throws(ControlGroupError) {
        guard let place = try place(.blkio, option) else { return }
        let prefix = device.map { "\($0) " } ?? ""
        let suffix = device == nil ? "" : "_device"
        typealias Candidate = LimitWrite.Candidate
        let candidates: [Candidate] =
            switch place {
            case .legacy:
                ["blkio.bfq.weight", "blkio.weight"].map {
                    Candidate(file: $0 + suffix, value: "\(prefix)\(weight)")
                }
            case .unified:
                [
                    Candidate(file: "io.bfq.weight", value: "\(device ?? "default") \(weight)"),
                    Candidate(
                        file: "io.weight", value: "\(device ?? "default") \(1 + (max(10, weight) - 10) * 9999 / 990)"),
                ]
            }
        writes.append(
            LimitWrite(
                option, place, candidates,
                missing: missing("no scheduler of this kernel weighs groups (CONFIG_BFQ_GROUP_IOSCHED)")))
    }

    private mutating func addUnified(_ values: [ResourceLimits.UnifiedValue]) throws(ControlGroupError) {
        for entry in values {
            let option = "unified \(entry.file)"
            guard hierarchies.unified != nil else {
                try leaveOut(option, "no version 2 hierarchy is mounted")
                continue
            }
            let prefix = entry.file.utf8.split(separator: UInt8(ascii: "."))[0]
            if let controller = Controller.named(unified: String(decoding: Array(prefix), as: UTF8.self)) {
                guard hierarchies.unifiedHas(controller) else {
                    try leaveOut(
                        option,
                        hierarchies.legacy(controller) == nil
                            ? hierarchies.absence(of: controller)
                            : "the \(controller.name) controller belongs to a version 1 hierarchy here")
                    continue
                }
                if !unified.contains(controller) { unified.append(controller) }
            }
            writes.append(
                LimitWrite(
                    option, .unified, entry.file, entry.value, missing: missing("this kernel's group has no such file"))
            )
        }
    }
}
