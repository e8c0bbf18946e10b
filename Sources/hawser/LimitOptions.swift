internal import ArgumentParser
internal import ContainerRunner

/// What a container may use at most; `run` sets it, `update` changes it.
struct LimitOptions: ParsableArguments {
    @Option(name: [.customShort("m"), .long], help: "Most memory: 512m, 2g. At least 4m.")
    var memory: String?

    @Option(
        parsing: .unconditional,
        help: "Most memory and swap together; -1 for as much swap as there is. [twice --memory]")
    var memorySwap: String?

    @Option(help: "What is left to it when memory is short.")
    var memoryReservation: String?

    @Option(help: "Accepted without effect: kernels no longer limit their own memory apart.")
    var kernelMemory: String?

    @Option(parsing: .unconditional, help: "How readily its memory is swapped out, 0 to 100.")
    var memorySwappiness: Int64?

    @Option(
        name: [.customShort("c"), .long], parsing: .unconditional,
        help: "Weight of its processor time, 1024 being usual.")
    var cpuShares: Int64?

    @Option(help: "Most processors, as 1.5.")
    var cpus: String?

    @Option(parsing: .unconditional, help: "Period of --cpu-quota, in microseconds. [100000]")
    var cpuPeriod: Int64?

    @Option(parsing: .unconditional, help: "Processor time in each period, in microseconds; -1 for no limit.")
    var cpuQuota: Int64?

    @Option(parsing: .unconditional, help: "Period of --cpu-rt-runtime, in microseconds. [1000000]")
    var cpuRtPeriod: Int64?

    @Option(parsing: .unconditional, help: "Time for realtime scheduling in each period, in microseconds.")
    var cpuRtRuntime: Int64?

    @Option(help: "Processors it may use: 0-2,7.")
    var cpusetCpus: String?

    @Option(help: "Memory nodes it may use: 0,1.")
    var cpusetMems: String?

    @Option(help: "Weight on disks with the scheduler bfq, 10 to 1000.")
    var blkioWeight: Int64?

    @Option(help: "Weight on one disk: DEVICE:WEIGHT.")
    var blkioWeightDevice: [String] = []

    @Option(help: "Most bytes read a second: DEVICE:1mb.")
    var deviceReadBps: [String] = []

    @Option(help: "Most bytes written a second: DEVICE:1mb.")
    var deviceWriteBps: [String] = []

    @Option(help: "Most reads a second: DEVICE:1000.")
    var deviceReadIops: [String] = []

    @Option(help: "Most writes a second: DEVICE:1000.")
    var deviceWriteIops: [String] = []

    @Option(parsing: .unconditional, help: "Most processes and threads; -1 for no limit.")
    var pidsLimit: Int64?

    /// What was given, unchecked.
    var request: LimitRequest {
        var request = LimitRequest()
        request.memory = memory
        request.memorySwap = memorySwap
        request.memoryReservation = memoryReservation
        request.kernelMemory = kernelMemory
        request.memorySwappiness = memorySwappiness
        request.processorShares = cpuShares
        request.processors = cpus
        (request.period, request.quota) = (cpuPeriod, cpuQuota)
        (request.realtimePeriod, request.realtimeRuntime) = (cpuRtPeriod, cpuRtRuntime)
        (request.processorSet, request.memoryNodeSet) = (cpusetCpus, cpusetMems)
        request.blockWeight = blkioWeight
        request.blockWeights = blkioWeightDevice
        (request.readBytes, request.writeBytes) = (deviceReadBps, deviceWriteBps)
        (request.readOperations, request.writeOperations) = (deviceReadIops, deviceWriteIops)
        request.processes = pidsLimit
        return request
    }
}

/// Limits that are set once, when a container is made.
struct FixedLimitOptions: ParsableArguments {
    @Flag(help: "Let processes wait, rather than end, when memory runs out.")
    var oomKillDisable = false

    @Option(
        parsing: .unconditional, help: "How readily it is ended when the machine runs out of memory: -1000 to 1000.")
    var oomScoreAdj: Int64?

    @Option(help: "Size of /dev/shm. [64m]")
    var shmSize: String?

    @OptionGroup
    var changeable: LimitOptions

    /// All limits of a new container.
    func limits() throws -> ContainerSpecification.Limits {
        var request = changeable.request
        request.disablesOutOfMemoryKill = oomKillDisable
        request.oomScoreAdjustment = oomScoreAdj
        request.sharedMemory = shmSize
        return try request.resolved()
    }
}
