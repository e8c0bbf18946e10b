internal import ControlGroups
internal import LinuxSystem

/// The limits of a command line as they were written; what was not given is nil or empty.
public struct LimitRequest: Hashable, Sendable {
    /// `--memory` and the like: sizes.
    public var memory, memorySwap, memoryReservation, kernelMemory: String?
    /// `--memory-swappiness`.
    public var memorySwappiness: Int64?
    /// `--oom-kill-disable`.
    public var disablesOutOfMemoryKill = false
    /// `--cpu-shares`.
    public var processorShares: Int64?
    /// `--cpus`, a decimal number.
    public var processors: String?
    /// `--cpu-period`, `--cpu-quota`, `--cpu-rt-period`, `--cpu-rt-runtime`: microseconds.
    public var period, quota, realtimePeriod, realtimeRuntime: Int64?
    /// `--cpuset-cpus` and `--cpuset-mems`: lists.
    public var processorSet, memoryNodeSet: String?
    /// `--blkio-weight`.
    public var blockWeight: Int64?
    /// `--blkio-weight-device` and `--device-read-bps` and the like: PATH:VALUE.
    public var blockWeights, readBytes, writeBytes, readOperations, writeOperations: [String]
    /// `--pids-limit`.
    public var processes: Int64?
    /// `--oom-score-adj`.
    public var oomScoreAdjustment: Int64?
    /// `--shm-size`.
    public var sharedMemory: String?

    /// Nothing given.
    public init() { (blockWeights, readBytes, writeBytes, readOperations, writeOperations) = ([], [], [], [], []) }

    /// Whether nothing was given.
    public var isEmpty: Bool { self == LimitRequest() }

    /// These limits over those that a container has, checked by docker's rules.
    public func resolved(over base: ContainerSpecification.Limits = ContainerSpecification.Limits())
        throws(RunnerError) -> ContainerSpecification.Limits
    {
        var limits = base
        try resolveMemory(&limits.resources.memory)
        try resolveProcessor(&limits.resources.processor)
        try resolveBlockDevices(&limits.resources.blockDevices)
        if let processes {
            limits.resources.processes = processes > 0 ? processes : base.resources.processes.map { _ in -1 }
        }
        if let score = oomScoreAdjustment {
            try require((-1000...1000).contains(score), "--oom-score-adj", "\(score)", "a number from -1000 to 1000")
            limits.oomScoreAdjustment = Int32(score)
        }
        if let sharedMemory {
            guard let size = LimitText.bytes(sharedMemory), size > 0 else {
                throw .invalid(option: "--shm-size", value: sharedMemory, expected: "a size such as 64m")
            }
            limits.sharedMemory = size
        }
        return limits
    }

    private func require(_ holds: Bool, _ option: String, _ value: String, _ expected: String) throws(RunnerError) {
        guard holds else { throw .invalid(option: option, value: value, expected: expected) }
    }

    private static let leastMemory: Int64 = 4 << 20  // bytes: the container's init and a shell need as much

    /// A size; -1 lifts a limit that the container has, 0 is none.
    private func size(_ text: String?, _ option: String, over old: Int64?, atLeast least: Int64 = leastMemory)
        throws(RunnerError) -> Int64?
    {
        guard let text, text != "0" else { return old }
        if text == "-1" { return old == nil ? nil : -1 }
        guard let size = LimitText.bytes(text) else {
            throw .invalid(option: option, value: text, expected: "a size such as 512m or 2g")
        }
        try require(size >= least, option, text, "\(least >> 20) MiB at least")
        return size
    }

    private func resolveMemory(_ memory: inout ResourceLimits.Memory) throws(RunnerError) {
        memory.limit = try size(self.memory, "--memory", over: memory.limit)
        memory.reservation = try size(memoryReservation, "--memory-reservation", over: memory.reservation)
        memory.kernel = try size(kernelMemory, "--kernel-memory", over: memory.kernel)
        let limit = memory.limit.flatMap { $0 < 0 ? nil : $0 }
        if let memorySwap, memorySwap != "0" {
            try require(
                limit != nil || memorySwap == "-1", "--memory-swap", memorySwap,
                "possible without --memory: it limits memory and swap together")
            memory.swap = memorySwap == "-1" ? -1 : try size(memorySwap, "--memory-swap", over: nil)
        }
        if let swap = memory.swap, swap >= 0, let limit, swap < limit {
            let both = "at least --memory: it limits memory and swap together"
            if let memorySwap { throw .invalid(option: "--memory-swap", value: memorySwap, expected: both) }
            throw .invalid(
                option: "--memory", value: self.memory ?? "\(limit)",
                expected: "at most the container's --memory-swap of \(swap) bytes: give a larger one as well")
        }
        if memory.limit == -1, (memory.swap ?? 0) > 0 { memory.swap = -1 }
        if let reservation = memory.reservation, let limit, reservation > limit {
            throw .invalid(
                option: "--memory-reservation", value: memoryReservation ?? "\(reservation)",
                expected: "at most --memory")
        }
        if let memorySwappiness, memorySwappiness != -1 {
            try require(
                (0...100).contains(memorySwappiness), "--memory-swappiness", "\(memorySwappiness)",
                "a number from 0 to 100")
            memory.swappiness = memorySwappiness
        }
        if disablesOutOfMemoryKill { memory.disableOutOfMemoryKill = true }
    }

    private static let standardPeriod: Int64 = 100_000  // microseconds: docker's, and the kernel's
    private static let perProcessor: Int64 = 1_000_000_000  // docker counts a processor in billionths

    private func resolveProcessor(_ processor: inout ResourceLimits.Processor) throws(RunnerError) {
        if let processorShares {
            try require(
                processorShares >= 0, "--cpu-shares", "\(processorShares)", "a weight, of which 1024 is usual")
            if processorShares > 0 { processor.shares = processorShares }
        }
        if let period, period != 0 {
            try require(
                (1000...1_000_000).contains(period), "--cpu-period", "\(period)",
                "a time from 1000 (1 ms) to 1000000 (1 s)")
            processor.period = period
        }
        if let quota, quota != 0 {
            try require(quota >= 1000 || quota == -1, "--cpu-quota", "\(quota)", "a time of 1000 (1 ms) or more")
            processor.quota = quota == -1 && processor.quota == nil ? nil : quota
        }
        if let processors { try resolveShare(processors, &processor) }
        if let realtimePeriod, realtimePeriod != 0 {
            try require(
                realtimePeriod > 0, "--cpu-rt-period", "\(realtimePeriod)", "a number of microseconds")
            processor.realtimePeriod = realtimePeriod
        }
        if let realtimeRuntime, realtimeRuntime != 0 {
            try require(
                realtimeRuntime >= -1, "--cpu-rt-runtime", "\(realtimeRuntime)", "a number of microseconds")
            let period = processor.realtimePeriod ?? 1_000_000  // the kernel's
            try require(
                realtimeRuntime <= period, "--cpu-rt-runtime", "\(realtimeRuntime)",
                "at most --cpu-rt-period, \(period)")
            processor.realtimeRuntime = realtimeRuntime
        }
        processor.processors = try list(processorSet, "--cpuset-cpus") ?? processor.processors
        processor.memoryNodes = try list(memoryNodeSet, "--cpuset-mems") ?? processor.memoryNodes
    }

    private func resolveShare(_ text: String, _ processor: inout ResourceLimits.Processor) throws(RunnerError) {
        for (option, value) in [("--cpu-period", period), ("--cpu-quota", quota)] {
            guard let value, value != 0 else { continue }
            throw .invalid(option: option, value: "\(value)", expected: "possible with --cpus: they say the same")
        }
        guard let share = LimitText.decimal(Array(text.utf8)[...], unit: Self.perProcessor) else {
            throw .invalid(option: "--cpus", value: text, expected: "a number of processors such as 1.5")
        }
        guard share > 0 else { return }
        let most = LimitText.onlineProcessors().map(Int64.init)
        try require(
            share >= Self.perProcessor / 100 && share <= (most ?? .max / Self.perProcessor) * Self.perProcessor,
            "--cpus",
            text, "between 0.01 and \(most.map { "\($0), as many processors as there are" } ?? "what there is")")
        processor.period = Self.standardPeriod
        processor.quota = share / (Self.perProcessor / Self.standardPeriod)
    }

    private func list(_ text: String?, _ option: String) throws(RunnerError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        try require(LimitText.isList(text), option, text, "a list of numbers and ranges such as 0-2,7")
        return text
    }

    private func resolveBlockDevices(_ devices: inout ResourceLimits.BlockDevices) throws(RunnerError) {
        let weights: ClosedRange<Int64> = 10...1000
        if let blockWeight, blockWeight != 0 {
            try require(weights.contains(blockWeight), "--blkio-weight", "\(blockWeight)", "a weight from 10 to 1000")
            devices.weight = blockWeight
        }
        try merge(
            blockWeights, "--blkio-weight-device", into: &devices.weights, "/dev/sda:500, a weight from 10 to 1000"
        ) { text in Int64(text).flatMap { weights.contains($0) ? $0 : nil } }
        let sizes = "/dev/sda:1mb, a number of bytes a second"
        try merge(readBytes, "--device-read-bps", into: &devices.readBytes, sizes, LimitText.bytes)
        try merge(writeBytes, "--device-write-bps", into: &devices.writeBytes, sizes, LimitText.bytes)
        let counts = "/dev/sda:1000, a number of operations a second"
        let count = { (text: String) in Int64(text).flatMap { $0 >= 0 ? $0 : nil } }
        try merge(readOperations, "--device-read-iops", into: &devices.readOperations, counts, count)
        try merge(writeOperations, "--device-write-iops", into: &devices.writeOperations, counts, count)
    }

    /// Takes what is asked for a device instead of what it has.
    private func merge(
        _ texts: [String], _ option: String, into values: inout [ResourceLimits.DeviceValue], _ example: String,
        _ parse: (String) -> Int64?
    ) throws(RunnerError) {
        for text in texts {
            guard let parts = LimitText.deviceAndValue(text), let value = parse(parts.value) else {
                throw .invalid(option: option, value: text, expected: "as \(example)")
            }
            guard let device = LimitText.blockDevice(parts.path) else {
                throw .invalid(option: option, value: text, expected: "about a block device: \(parts.path) is none")
            }
            let entry = ResourceLimits.DeviceValue(
                major: Int64(device.major), minor: Int64(device.minor), value: value)
            values.removeAll { $0.major == entry.major && $0.minor == entry.minor }
            values.append(entry)
        }
    }
}
