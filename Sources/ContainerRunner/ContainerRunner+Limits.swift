internal import ContainerShim
internal import ControlGroups
internal import LinuxSystem

extension ContainerRunner {
    /// Changes what a container may use: at once when it has control groups, as one that runs, else from its next start on.
    public func update(_ key: String, _ request: LimitRequest) throws(RunnerError) {
        let container = try store.find(key)
        var specification = container.specification
        specification.limits = try request.resolved(over: specification.limits)
        let groups = try ContainerGroups.observe(paths)
        if !groups.find(specification.id).isEmpty {
            let group = try groups.change(specification, notice: notice)
            try rewritePlan(of: specification.id) { $0.legacyControlGroups = group.legacy.map(\.directory) }
        } else {
            try groups.check(specification)
        }
        try store.rewrite(specification)
    }

    /// A container that starts again begins where its processes are now.
    private func rewritePlan(of id: String, _ change: (inout LaunchPlan) -> Void) throws(RunnerError) {
        var plan = try store.plan(of: id)
        change(&plan)
        try StateFile.write("\(paths.state(of: id))/\(Shim.planFileName)", plan.json)
    }

    /// Stops a container's processes where they are.
    public func pause(_ key: String) throws(RunnerError) {
        let group = try runningGroup(key, isPaused: false)
        try during("pausing the container") { () throws(SystemError) in try group.freeze() }
    }

    /// Lets the processes of a paused container go on.
    public func unpause(_ key: String) throws(RunnerError) {
        let group = try runningGroup(key, isPaused: true)
        try during("unpausing the container") { () throws(SystemError) in try group.thaw() }
    }

    private func runningGroup(_ key: String, isPaused: Bool) throws(RunnerError) -> ControlGroup {
        let container = try self.container(key)
        let name = container.specification.name
        switch container.state {
        case .running: if isPaused { throw .container(name, "it is not paused") }
        case .paused: if !isPaused { throw .container(name, "it is paused already") }
        case .created, .restarting, .exited, .dead: throw .notRunning(name)
        }
        return try ContainerGroups.observe(paths).find(container.specification.id)
    }
}

extension ContainerGroups {
    /// Refuses limits that this machine cannot keep.
    func check(_ specification: ContainerSpecification) throws(RunnerError) {
        do throws(ControlGroupError) {
            try ControlGroup.check(specification.limits.resources, in: hierarchies)
        } catch {
            throw .limit(error)
        }
    }

    /// Sets the limits of a container that runs, moving its processes into groups that it lacked.
    func change(_ specification: ContainerSpecification, notice: (String) -> Void) throws(RunnerError)
        -> ControlGroup
    {
        try check(specification)
        var group = find(specification.id)
        do throws(ControlGroupError) {
            let added = try group.widen(for: specification.limits.resources)
            if added.contains(where: { $0.controllers.contains(.memory) }) {
                notice("--memory: memory that was in use before stays counted where it was")
            }
            for warning in try group.apply(specification.limits.resources) { notice(warning) }
        } catch {
            throw .limit(error)
        }
        return group
    }
}
