internal import ContainerShim
internal import ControlGroups
internal import LinuxSystem

/// The control groups of the containers of one runner: below one parent in every hierarchy.
struct ContainerGroups {
    private let parent: String
    let hierarchies: ControlGroupHierarchies

    /// The groups at these places of this machine.
    static func observe(_ paths: RunnerPaths) throws(RunnerError) -> ContainerGroups {
        let hierarchies = try during("looking for control groups") { () throws(SystemError) in
            try ControlGroupHierarchies.observe()
        }
        return ContainerGroups(parent: paths.controlGroupParent, hierarchies: hierarchies)
    }

    private init(parent: String, hierarchies: ControlGroupHierarchies) {
        self.parent = parent
        self.hierarchies = hierarchies
    }

    /// The groups of a container that are there.
    func find(_ id: String) -> ControlGroup { ControlGroup.find("\(parent)/\(id)", in: hierarchies) }

    /// Whether the processes of a container are stopped by `pause`.
    func isPaused(_ id: String) -> Bool { (try? find(id).isFrozen()) ?? false }

    /// Makes a container's groups, sets its limits, and has the plan say where its processes begin; tells what is left out.
    ///
    /// `devices` are those of the host that open inside, each with what may be done with it.
    func make(
        _ specification: ContainerSpecification, devices: [DeviceMapping], _ plan: inout LaunchPlan,
        notice: (String) -> Void
    ) throws(RunnerError) {
        var limits = specification.limits.resources
        limits.devices += try during("looking at devices") { () throws(SystemError) in try HostDevices.rules(devices) }
        do throws(ControlGroupError) {
            try ControlGroup.check(limits, in: hierarchies)
            var group = try ControlGroup.make("\(parent)/\(specification.id)", for: limits, in: hierarchies)
            for warning in try group.apply(limits) { notice(warning) }
            plan.controlGroup = group.unified
            plan.legacyControlGroups = group.legacy.map(\.directory)
            plan.outOfMemoryEvents = group.outOfMemoryEvents
        } catch {
            throw .limit(error)
        }
        plan.oomScoreAdjustment = specification.limits.oomScoreAdjustment
        for warning in LimitWarnings.about(specification.limits) { notice(warning) }
    }
}

/// What limits do not do on this machine, or should not.
enum LimitWarnings {
    static func about(_ limits: ContainerSpecification.Limits) -> [String] {
        var warnings: [String] = []
        let memory = limits.resources.memory
        if memory.disableOutOfMemoryKill, memory.limit ?? -1 < 0 {
            warnings.append("--oom-kill-disable without --memory: the whole machine may run out of memory")
        }
        let devices = limits.resources.blockDevices
        if devices.weight != nil || !devices.weights.isEmpty, !hasWeighingScheduler {
            warnings.append(
                "--blkio-weight: no disk's scheduler is bfq (/sys/block/*/queue/scheduler): until one is, weights do nothing"
            )
        }
        if let score = limits.oomScoreAdjustment, let warning = refusedScore(score) { warnings.append(warning) }
        return warnings
    }

    private static var hasWeighingScheduler: Bool {
        ((try? Files.list("/sys/block")) ?? []).contains { disk in
            let text = (try? Files.read("/sys/block/\(disk)/queue/scheduler", limit: 4096)) ?? []
            return String(decoding: text, as: UTF8.self).contains("[bfq]")
        }
    }

    private static let systemResource = 24  // CAP_SYS_RESOURCE

    private static func refusedScore(_ score: Int32) -> String? {
        func text(_ path: String) -> String {
            String(decoding: (try? Files.read(path, limit: 1 << 16)) ?? [], as: UTF8.self)
        }
        guard let own = Int32(text("/proc/self/oom_score_adj").split(separator: "\n").first ?? ""), score < own,
            let line = text("/proc/self/status").split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let capabilities = UInt64(line.dropFirst(7).drop { $0 == "\t" }, radix: 16),
            capabilities & 1 << systemResource == 0
        else { return nil }
        return "--oom-score-adj \(score): lowering it needs CAP_SYS_RESOURCE, which hawser lacks: it stays \(own)"
    }
}
