internal import LinuxSystem

extension ControlGroup {
    /// Sets limits; returns what a person should know.
    ///
    /// What this machine cannot do is refused, or with `lenient` left out with a warning.
    public mutating func apply(_ limits: ResourceLimits, lenient: Bool = false) throws(ControlGroupError) -> [String] {
        let plan = try LimitPlan(limits, hierarchies, lenient: lenient)
        var warnings = plan.warnings
        for write in memoryInOrder(plan.writes) {
            if let warning = try apply(write) { warnings.append(warning) }
        }
        if !limits.devices.isEmpty {
            do throws(ControlGroupError) {
                try allow(limits.devices)
            } catch {
                guard lenient else { throw error }
                warnings.append("\(error)")
            }
        }
        return warnings
    }

    /// Refuses what this machine cannot do, before anything is made.
    public static func check(_ limits: ResourceLimits, in hierarchies: ControlGroupHierarchies)
        throws(ControlGroupError)
    {
        _ = try LimitPlan(limits, hierarchies, lenient: false)
    }

    /// The kernel keeps memory's limit at or below the one of memory and swap: growing begins with the larger one.
    private func memoryInOrder(_ writes: [LimitWrite]) -> [LimitWrite] {
        let file = "memory.memsw.limit_in_bytes"
        guard let directory = directory(.legacy(.memory)),
            let content = try? Files.read("\(directory)/\(file)", limit: 64),
            let current = KernelText.words(content).first.flatMap({ KernelText.number($0) })
        else { return writes }
        return Self.inOrder(writes, currentSwap: current)
    }

    static func inOrder(_ writes: [LimitWrite], currentSwap: Int64) -> [LimitWrite] {
        let isSwap = { (write: LimitWrite) in write.candidates[0].file == "memory.memsw.limit_in_bytes" }
        guard let swap = writes.first(where: isSwap), let wanted = Int64(swap.candidates[0].value),
            wanted < 0 || wanted > currentSwap
        else { return writes }
        return [swap] + writes.filter { !isSwap($0) }
    }

    private func directory(_ place: LimitWrite.Place) -> String? {
        switch place {
        case .legacy(let controller): legacy(controller)?.directory
        case .unified: unified
        }
    }

    /// Writes one value; returns a warning.
    private func apply(_ write: LimitWrite) throws(ControlGroupError) -> String? {
        guard let directory = directory(write.place) else {
            throw .absent(option: write.option, cause: "the container has no group for it")
        }
        for candidate in write.candidates {
            let path = "\(directory)/\(candidate.file)"
            do throws(SystemError) {
                try set(path, candidate.value)
                return nil
            } catch {
                if error.errno == .noEntry, error.operation == "open" { continue }
                throw .refused(
                    option: write.option, value: candidate.value, error, hint: Self.hint(candidate.file, error.errno))
            }
        }
        let path = "\(directory)/\(write.candidates[0].file)"
        switch write.missing {
        case .refuse(let cause): throw .absent(option: write.option, cause: "\(path) is missing: \(cause)")
        case .warn(let cause): return "\(write.option) is left out: \(path) is missing: \(cause)"
        case .ignore: return nil
        }
    }

    private func set(_ path: String, _ value: String) throws(SystemError) {
        do throws(SystemError) {
            try Files.write(path, Array(value.utf8))
        } catch {
            // A realtime share is taken from the group above, which is ours and has none of its own.
            guard error.errno == .invalidArgument, hasSuffix(path, "cpu.rt_runtime_us"), let wanted = Int64(value),
                wanted > 0
            else { throw error }
            try widenRealtime(path, by: wanted)
            try Files.write(path, Array(value.utf8))
        }
    }

    /// Adds to the realtime share of each group above, up to the hierarchy's own root.
    private func widenRealtime(_ path: String, by runtime: Int64) throws(SystemError) {
        let group = Files.split(path).parent
        func read(_ directory: String, _ file: String) throws(SystemError) -> Int64 {
            KernelText.words(try Files.read("\(directory)/\(file)", limit: 64)).first.flatMap { Int64($0) } ?? 0
        }
        let period = max(1, try read(group, "cpu.rt_period_us"))
        var above: [String] = []
        var directory = Files.split(group).parent
        for _ in splitText(self.path, UInt8(ascii: "/")).dropLast() {
            above.append(directory)
            directory = Files.split(directory).parent
        }
        for directory in above.reversed() {
            let share = runtime * (try read(directory, "cpu.rt_period_us")) / period
            let total = try read(directory, "cpu.rt_runtime_us") + share
            try Files.write("\(directory)/cpu.rt_runtime_us", Array("\(total)".utf8))
        }
    }

    /// What a refusal usually means.
    private static func hint(_ file: String, _ errno: Errno) -> String {
        switch (file, errno) {
        case ("memory.limit_in_bytes", .busy), ("memory.memsw.limit_in_bytes", .busy):
            "the container uses more, and it cannot be taken away"
        case ("memory.limit_in_bytes", .invalidArgument):
            "it is above the limit of memory and swap: raise --memory-swap as well"
        case ("memory.memsw.limit_in_bytes", .invalidArgument): "it is below the limit of memory: see --memory"
        case ("memory.swappiness", .invalidArgument): "0 to 100 is possible"
        case ("memory.oom_control", .invalidArgument), ("memory.oom_control", .notPermitted):
            "it is possible below the root only"
        case ("cpu.cfs_quota_us", .invalidArgument), ("cpu.max", .invalidArgument):
            "1 ms is the least, and no more than the group above has is possible"
        case ("cpu.cfs_period_us", .invalidArgument): "1 ms to 1 s is possible"
        case ("cpu.rt_runtime_us", .invalidArgument), ("cpu.rt_period_us", .invalidArgument):
            "no more than is left of /proc/sys/kernel/sched_rt_runtime_us is possible"
        case ("cpuset.cpus", _): "see /sys/devices/system/cpu/online, and what the group above may use"
        case ("cpuset.mems", _): "see /sys/devices/system/node/online, and what the group above may use"
        case (_, .noDevice), (_, .noSuchDeviceOrAddress):
            hasPrefix(file, "blkio.bfq") || hasPrefix(file, "io.bfq")
                ? "no whole disk has this number, or its scheduler is not bfq" : "no whole disk has this number"
        case (_, .notSupported) where hasPrefix(file, "blkio.bfq") || hasPrefix(file, "io.bfq"):
            "the disk's scheduler is not bfq"
        default: ""
        }
    }

    private func allow(_ rules: [DeviceRule]) throws(ControlGroupError) {
        if let directory = legacy(.devices)?.directory {
            for rule in rules {
                let path = "\(directory)/devices.\(rule.allows ? "allow" : "deny")"
                do throws(SystemError) {
                    try Files.write(path, Array(rule.legacyText.utf8))
                } catch {
                    throw .refused(option: "devices", value: rule.legacyText, error, hint: "")
                }
            }
            return
        }
        guard let unified else {
            throw .absent(option: "devices", cause: hierarchies.absence(of: .devices))
        }
        do throws(SystemError) {
            try DeviceFilter.attach(rules.program, to: unified)
        } catch {
            throw .refused(option: "devices", value: "\(rules.count) rules", error, hint: "")
        }
    }
}
