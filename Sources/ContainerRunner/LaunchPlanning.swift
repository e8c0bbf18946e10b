internal import ContainerShim
internal import LinuxSystem

/// From what was asked for to what the shim is to do.
struct LaunchPlanning {
    let paths: RunnerPaths
    /// Told what differs from what a person would expect.
    let notice: (String) -> Void

    private static let privateSize = "50%"  // of memory: tmpfs's own default

    /// The plan of a container; `joined` is the namespace of the container whose network it shares.
    func plan(_ specification: ContainerSpecification, joined: String?) throws(RunnerError) -> LaunchPlan {
        let host = try during("looking at the host's root") { () throws(SystemError) in try HostRoot.observe() }
        var plan = LaunchPlan(command: specification.command, environment: specification.environment)
        plan.workingDirectory = specification.workingDirectory
        plan.user = LaunchPlan.User(
            user: specification.user.user, group: specification.user.group,
            supplementary: specification.user.supplementary)
        plan.capabilities = Capabilities.standard.rawValue
        plan.terminal = specification.terminal
        plan.hostname = specification.hostname
        plan.steps = RootPlan.steps(host: host, volumes: specification.volumes)
        switch specification.network {
        case .none, .networks: plan.network = .own
        case .host: plan.network = .host
        case .container: plan.network = joined.map { .join($0) } ?? .own
        }
        try choosePrivateLayer(&plan, host, state: paths.state(of: specification.id))
        plan.controlGroup = ControlGroup.make(parent: paths.controlGroupParent, id: specification.id)?.directory
        return plan
    }

    private func choosePrivateLayer(_ plan: inout LaunchPlan, _ host: HostRoot, state: String) throws(RunnerError) {
        let readOnly = host.readOnlyTrees
        if !readOnly.isEmpty {
            notice(
                "\(readOnly.joined(separator: ", ")) of the host is an overlay itself: read-only in the container")
            try during("preparing /etc") { () throws(SystemError) in
                try Files.makeDirectories("\(state)/skeleton/etc", mode: 0o755)
                for name in RootPlan.ownFiles {
                    try Files.replace("\(state)/skeleton/etc/\(name)", [], mode: 0o644)
                }
            }
        }
        let kind = try during("looking at the state directory") { () throws(SystemError) in
            try Files.fileSystem(of: state)
        }
        if !kind.carriesUpperLayer {
            plan.privateInMemory = Self.privateSize
            notice("\(state): this file system carries no overlay: what the container writes stays in memory")
        }
    }
}
