internal import ControlGroups
internal import LinuxSystem

/// Control groups: where they are, and which flag of `run` has a file that takes it.
extension Examination {
    func controlGroups() -> [Finding] {
        let hierarchies: ControlGroupHierarchies
        do {
            hierarchies = try .observe()
        } catch {
            return [Finding("control groups", .missing, "\(error)")]
        }
        return [layout(hierarchies)]
            + Self.flags.map { flag, limits in
                let subject = "limit \(flag)"
                if flag == "--kernel-memory" {
                    return Finding(subject, .limited, "kernels since 5.16 take it and do nothing: it is ignored")
                }
                do throws(ControlGroupError) {
                    try ControlGroup.check(limits, in: hierarchies)
                    return Finding(subject, .ok, "")
                } catch {
                    let text = error.description
                    return Finding(
                        subject, .missing, text.hasPrefix("\(flag): ") ? String(text.dropFirst(flag.count + 2)) : text)
                }
            }
    }

    private func layout(_ hierarchies: ControlGroupHierarchies) -> Finding {
        let names = hierarchies.legacy.flatMap(\.controllers).map { "\($0)" }.sorted()
        switch (hierarchies.unified, hierarchies.legacy.isEmpty) {
        case (let unified?, true):
            return Finding("control groups", .ok, "version 2 at \(unified.directory)")
        case (let unified?, false):
            return Finding(
                "control groups", .ok,
                "hybrid: limits by version 1 (\(names.joined(separator: ", "))), kill and freeze by version 2 at "
                    + unified.directory)
        case (nil, false):
            return Finding(
                "control groups", .limited,
                "version 1 alone (\(names.joined(separator: ", "))): processes are killed one by one",
                remedy: "mount -t cgroup2 none /sys/fs/cgroup/unified")
        case (nil, true):
            return Finding(
                "control groups", .missing, "no hierarchy is mounted", remedy: "mount -t cgroup2 none /sys/fs/cgroup")
        }
    }

    /// Each flag with a value that any machine would take.
    private static var flags: [(String, ResourceLimits)] {
        func limits(_ change: (inout ResourceLimits) -> Void) -> ResourceLimits {
            var limits = ResourceLimits()
            change(&limits)
            return limits
        }
        let device = [ResourceLimits.DeviceValue(major: 1, minor: 0, value: 1 << 20)]
        return [
            ("--memory", limits { $0.memory.limit = 1 << 30 }),
            (
                "--memory-swap",
                limits {
                    $0.memory.limit = 1 << 30
                    $0.memory.swap = 1 << 31
                }
            ),
            ("--memory-reservation", limits { $0.memory.reservation = 1 << 30 }),
            ("--kernel-memory", limits { $0.memory.kernel = 1 << 30 }),
            ("--memory-swappiness", limits { $0.memory.swappiness = 60 }),
            ("--oom-kill-disable", limits { $0.memory.disableOutOfMemoryKill = true }),
            ("--cpu-shares", limits { $0.processor.shares = 1024 }),
            ("--cpu-period", limits { $0.processor.period = 100_000 }),
            ("--cpu-quota", limits { $0.processor.quota = 100_000 }),
            ("--cpu-rt-period", limits { $0.processor.realtimePeriod = 1_000_000 }),
            ("--cpu-rt-runtime", limits { $0.processor.realtimeRuntime = 1000 }),
            ("--cpuset-cpus", limits { $0.processor.processors = "0" }),
            ("--cpuset-mems", limits { $0.processor.memoryNodes = "0" }),
            ("--blkio-weight", limits { $0.blockDevices.weight = 500 }),
            ("--blkio-weight-device", limits { $0.blockDevices.weights = device }),
            ("--device-read-bps", limits { $0.blockDevices.readBytes = device }),
            ("--device-write-bps", limits { $0.blockDevices.writeBytes = device }),
            ("--device-read-iops", limits { $0.blockDevices.readOperations = device }),
            ("--device-write-iops", limits { $0.blockDevices.writeOperations = device }),
            ("--pids-limit", limits { $0.processes = 1000 }),
        ]
    }
}
