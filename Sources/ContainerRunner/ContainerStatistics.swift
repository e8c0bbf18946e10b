internal import ContainerShim
internal import ControlGroups
public import JSON
internal import LinuxSystem

/// What one container had used at one moment.
public struct ContainerSample: Sendable {
    /// The container's id.
    public let id: String
    /// Its name.
    public let name: String
    let usage: ResourceUsage
    let received: Int64?
    let sent: Int64?
    let time: Int64
}

/// What one container uses: a sample, and the one before it that tells how fast.
public struct ContainerStatistics: Sendable {
    private let now: ContainerSample
    /// Processor time since the sample before, in hundredths of a percent of one processor; nil for the first.
    private let share: Int64?
    private let machineMemory: Int64?

    /// Compares a sample with the one before it, of the same container.
    public init(_ now: ContainerSample, since before: ContainerSample?) {
        self.now = now
        machineMemory = MachineMemory.total
        guard let before, now.time > before.time, let end = now.usage.processorTime,
            let start = before.usage.processorTime
        else {
            share = nil
            return
        }
        share = max(0, end - start) * 10 / (now.time - before.time)
    }

    /// The headings of `cells`.
    public static let headings = [
        "CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS",
    ]

    /// A row for a person; "--" is what nobody counts.
    public var cells: [String] {
        func pair(_ first: Int64?, _ second: Int64?) -> String {
            "\(first.map(ReadableBytes.text) ?? "--") / \(second.map(ReadableBytes.text) ?? "--")"
        }
        let limit = memoryLimit
        let part = now.usage.memory.flatMap { used in limit.map { $0 > 0 ? used * 10_000 / $0 : 0 } }
        return [
            String(now.id.prefix(12)), now.name, Self.percent(share), pair(now.usage.memory, limit), Self.percent(part),
            pair(now.received, now.sent), pair(now.usage.bytesRead, now.usage.bytesWritten),
            now.usage.processes.map(String.init) ?? "--",
        ]
    }

    /// The container's limit, or what the machine has.
    private var memoryLimit: Int64? {
        guard let limit = now.usage.memoryLimit else { return machineMemory }
        return machineMemory.map { min($0, limit) } ?? limit
    }

    private static func percent(_ hundredths: Int64?) -> String { hundredths.map { decimal($0) + "%" } ?? "--" }

    private static func decimal(_ hundredths: Int64) -> String {
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Everything that is counted; what is not is left out.
    public var json: JSONValue {
        func object(_ members: [(String, Int64?)]) -> JSONValue {
            .object(JSONObject(members.compactMap { key, value in value.map { (key, .integer($0)) } }))
        }
        let usage = now.usage
        var result = JSONObject([("id", .string(now.id)), ("name", .string(now.name))])
        if let share { result["cpuPercent"] = .number(Self.decimal(share)) }
        result["cpu"] = object([
            ("microseconds", usage.processorTime), ("userMicroseconds", usage.userTime),
            ("systemMicroseconds", usage.systemTime), ("periods", usage.periods),
            ("throttledPeriods", usage.throttledPeriods), ("throttledMicroseconds", usage.throttledTime),
        ])
        var memory = object([
            ("bytes", usage.memory), ("limit", usage.memoryLimit), ("outOfMemoryKills", usage.outOfMemoryKills),
        ])
        if var members = memory.object, usage.memory != nil {
            members["countedBy"] = .string(usage.memoryIsOfProcesses ? "processes" : "group")
            memory = .object(members)
        }
        result["memory"] = memory
        result["network"] = object([("received", now.received), ("sent", now.sent)])
        result["blockIO"] = object([("read", usage.bytesRead), ("written", usage.bytesWritten)])
        result["pids"] = object([("current", usage.processes), ("limit", usage.processLimit)])
        return .object(result)
    }
}

/// How much memory this machine has.
private enum MachineMemory {
    static let total: Int64? = {
        guard let text = try? Files.read("/proc/meminfo", limit: 1 << 16) else { return nil }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
    }()
}

/// Numbers of bytes as a person reads them.
enum ReadableBytes {
    /// In the largest unit of 1024 that leaves a number of one or more, with one decimal: "12.5MiB".
    static func text(_ bytes: Int64) -> String {
        // The largest numbers would not have room for a decimal.
        var (tenths, unit) = bytes > .max / 10 ? (bytes / 1024 * 10, 1) : (bytes * 10, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while tenths >= 10_240, unit + 1 < units.count {
            tenths /= 1024
            unit += 1
        }
        return unit == 0 ? "\(tenths / 10)B" : "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }
}

extension ContainerRunner {
    /// What containers have used until now: these, or all that run.
    public func samples(of keys: [String]) throws(RunnerError) -> [ContainerSample] {
        var chosen: [Container] = []
        for key in keys {
            let container = try store.find(key)
            guard container.live != nil else { throw .notRunning(container.specification.name) }
            chosen.append(container)
        }
        if keys.isEmpty { chosen = try store.all().filter { $0.live != nil } }
        let groups = try ContainerGroups.observe(paths)
        return chosen.map { container in
            let traffic = container.live.flatMap { Self.traffic(of: $0.first.identifier) }
            return ContainerSample(
                id: container.specification.id, name: container.specification.name,
                usage: groups.find(container.specification.id).usage(), received: traffic?.received,
                sent: traffic?.sent, time: Clock.monotonicMilliseconds())
        }
    }

    /// Bytes through all links of a process's network namespace but the loopback.
    private static func traffic(of process: Int32) -> (received: Int64, sent: Int64)? {
        guard let text = try? Files.read("/proc/\(process)/net/dev", limit: 1 << 20) else { return nil }
        return traffic(String(decoding: text, as: UTF8.self))
    }

    /// Adds up the lines of /proc/net/dev, as "  eth0: 1296 16 0 0 0 0 0 0 1296 16 …".
    static func traffic(_ text: String) -> (received: Int64, sent: Int64) {
        var sum: (received: Int64, sent: Int64) = (0, 0)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) != "lo" else { continue }
            let numbers = parts[1].split(separator: " ").compactMap { Int64($0) }
            guard numbers.count > 8 else { continue }
            sum.received += numbers[0]
            sum.sent += numbers[8]
        }
        return sum
    }
}
