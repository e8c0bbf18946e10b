internal import LinuxSystem

/// What the processes of a container have used, and use; nil is what this machine does not count for it.
public struct ResourceUsage: Hashable, Sendable {
    /// Processor time since the start, in microseconds.
    public var processorTime: Int64?
    /// Of it, in programs.
    public var userTime: Int64?
    /// Of it, in the kernel.
    public var systemTime: Int64?
    /// Periods in which the container ran, of those that --cpus or --cpu-period set.
    public var periods: Int64?
    /// Of them, those in which the quota was used up.
    public var throttledPeriods: Int64?
    /// How long it was kept waiting for the next period, in microseconds.
    public var throttledTime: Int64?
    /// Memory in use, in bytes, without file content that the kernel can drop.
    public var memory: Int64?
    /// Whether `memory` was added up from the processes, because no group counts it.
    public var memoryIsOfProcesses = false
    /// The most memory; nil for no limit.
    public var memoryLimit: Int64?
    /// Processes that were killed because memory ran out.
    public var outOfMemoryKills: Int64?
    /// Processes and threads.
    public var processes: Int64?
    /// The most processes and threads; nil for no limit.
    public var processLimit: Int64?
    /// Bytes read from block devices.
    public var bytesRead: Int64?
    /// Bytes written to block devices.
    public var bytesWritten: Int64?

    /// Nothing counted.
    public init() {}
}

extension ControlGroup {
    private static let fileLimit = 1 << 20  // bytes: memory.stat has a few kilobytes, io.stat a line for each disk

    /// What the container uses now.
    public func usage() -> ResourceUsage {
        var usage = ResourceUsage()
        readProcessor(&usage)
        readMemory(&usage)
        readProcesses(&usage)
        readBlockDevices(&usage)
        return usage
    }

    private func read(_ directory: String?, _ file: String) -> [UInt8]? {
        guard let directory else { return nil }
        return (try? Files.readIfPresent("\(directory)/\(file)", limit: Self.fileLimit)) ?? nil
    }

    private func number(_ directory: String?, _ file: String) -> Int64? {
        read(directory, file).flatMap { KernelText.words($0).first }.flatMap { KernelText.number($0) }
    }

    private func readProcessor(_ usage: inout ResourceUsage) {
        // Version 2 counts time in every group, whoever has the controller.
        if let text = read(unified, "cpu.stat") {
            usage.processorTime = KernelText.value(of: "usage_usec", in: text)
            usage.userTime = KernelText.value(of: "user_usec", in: text)
            usage.systemTime = KernelText.value(of: "system_usec", in: text)
            usage.periods = KernelText.value(of: "nr_periods", in: text)
            usage.throttledPeriods = KernelText.value(of: "nr_throttled", in: text)
            usage.throttledTime = KernelText.value(of: "throttled_usec", in: text)
        }
        if usage.processorTime == nil {
            let directory = legacy(.cpuacct)?.directory
            usage.processorTime = number(directory, "cpuacct.usage").map { $0 / 1000 }
            usage.userTime = number(directory, "cpuacct.usage_user").map { $0 / 1000 }
            usage.systemTime = number(directory, "cpuacct.usage_sys").map { $0 / 1000 }
        }
        if let text = read(legacy(.cpu)?.directory, "cpu.stat") {
            usage.periods = KernelText.value(of: "nr_periods", in: text)
            usage.throttledPeriods = KernelText.value(of: "nr_throttled", in: text)
            usage.throttledTime = KernelText.value(of: "throttled_time", in: text).map { $0 / 1000 }
        }
    }

    private static let unlimited: Int64 = 1 << 62  // version 1 writes the largest number of whole pages

    private func readMemory(_ usage: inout ResourceUsage) {
        if let directory = legacy(.memory)?.directory {
            let cache = read(directory, "memory.stat").flatMap { KernelText.value(of: "total_inactive_file", in: $0) }
            usage.memory = number(directory, "memory.usage_in_bytes").map { max(0, $0 - (cache ?? 0)) }
            usage.memoryLimit = number(directory, "memory.limit_in_bytes").flatMap { $0 < Self.unlimited ? $0 : nil }
        } else if let current = number(unified, "memory.current") {
            let cache = read(unified, "memory.stat").flatMap { KernelText.value(of: "inactive_file", in: $0) }
            usage.memory = max(0, current - (cache ?? 0))
            usage.memoryLimit = number(unified, "memory.max")
        } else {
            usage.memory = memoryOfProcesses()
            usage.memoryIsOfProcesses = usage.memory != nil
        }
        usage.outOfMemoryKills = outOfMemoryKills
    }

    /// How many processes were killed because the container's memory ran out; nil where nothing counts them.
    public var outOfMemoryKills: Int64? {
        if let text = read(legacy(.memory)?.directory, "memory.oom_control") {
            return KernelText.value(of: "oom_kill", in: text)
        }
        return read(unified, "memory.events").flatMap { KernelText.value(of: "oom_kill", in: $0) }
    }

    /// The processes' proportional shares of memory: a page of three processes counts a third for each.
    private func memoryOfProcesses() -> Int64? {
        guard let processes = try? processes() else { return nil }
        var sum: Int64?
        for process in processes {
            for line in KernelText.table(read("/proc/\(process)", "smaps_rollup") ?? [])
            where line.count == 3 && line[0] == "Pss:" {
                if let kibibytes = KernelText.number(line[1]) { sum = (sum ?? 0) + kibibytes * 1024 }
            }
        }
        return sum
    }

    private func readProcesses(_ usage: inout ResourceUsage) {
        let directory = legacy(.pids)?.directory ?? unified
        if let current = number(directory, "pids.current") {
            usage.processes = current
            usage.processLimit = number(directory, "pids.max")
        } else if let threads = read(unified, "cgroup.threads") {
            usage.processes = Int64(KernelText.words(threads).count)
        }
    }

    private func readBlockDevices(_ usage: inout ResourceUsage) {
        if let text = read(legacy(.blkio)?.directory, "blkio.throttle.io_service_bytes_recursive") {
            // As "254:0 Read 4096".
            for line in KernelText.table(text) where line.count == 3 {
                guard let bytes = KernelText.number(line[2]) else { continue }
                if line[1] == "Read" { usage.bytesRead = (usage.bytesRead ?? 0) + bytes }
                if line[1] == "Write" { usage.bytesWritten = (usage.bytesWritten ?? 0) + bytes }
            }
            usage.bytesRead = usage.bytesRead ?? 0
            usage.bytesWritten = usage.bytesWritten ?? 0
        } else if let text = read(unified, "io.stat") {
            // As "254:0 rbytes=4096 wbytes=0 rios=1 ...".
            usage.bytesRead = 0
            usage.bytesWritten = 0
            for word in KernelText.words(text) {
                let parts = splitText(word, UInt8(ascii: "="))
                guard parts.count == 2, let bytes = KernelText.number(parts[1]) else { continue }
                if parts[0] == "rbytes" { usage.bytesRead = (usage.bytesRead ?? 0) + bytes }
                if parts[0] == "wbytes" { usage.bytesWritten = (usage.bytesWritten ?? 0) + bytes }
            }
        }
    }
}
