internal import ContainerShim
internal import JSON
internal import LinuxSystem
internal import Seccomp

/// From what was asked for to what the shim is to do.
struct LaunchPlanning {
    let paths: RunnerPaths
    /// Told what differs from what a person would expect.
    let notice: (String) -> Void
    /// The path of another container's namespace: its name, and the kind as /proc/PID/ns has it.
    let namespaceOf: (String, String) throws(RunnerError) -> String

    private static let privateSize = "50%"  // of memory: tmpfs's own default
    private static let profileLimit = 4 << 20  // bytes
    static let filterFile = "seccomp.bpf"

    /// The plan of a container; `joined` is the namespace of the container whose network it shares.
    func plan(_ specification: ContainerSpecification, joined: String?) throws(RunnerError) -> LaunchPlan {
        let host = try during("looking at the host's root") { () throws(SystemError) in try HostRoot.observe() }
        let state = paths.state(of: specification.id)
        var plan = LaunchPlan(command: specification.command, environment: specification.environment)
        plan.workingDirectory = specification.workingDirectory
        plan.user = LaunchPlan.User(
            user: specification.user.user, group: specification.user.group,
            supplementary: specification.user.supplementary)
        plan.terminal = specification.terminal
        plan.hasInit = specification.hasInit
        switch specification.network {
        case .none, .networks: plan.network = .own
        case .host: plan.network = .host
        case .container: plan.network = joined.map { .join($0) } ?? .own
        }
        try share(&plan, specification)
        try restrict(&plan, specification, state: state)
        let request = try request(specification, host)
        plan.steps = RootPlan.steps(request)
        plan.followsHostMounts = specification.volumes.contains { $0.followsHost }
        try choosePrivateLayer(&plan, specification, host, state: state)
        try ContainerGroups.observe(paths).make(specification, devices: request.devices, &plan, notice: notice)
        return plan
    }

    private func request(_ specification: ContainerSpecification, _ host: HostRoot) throws(RunnerError)
        -> RootPlan.Request
    {
        var request = RootPlan.Request(host: host, volumes: specification.volumes)
        request.root = specification.root
        request.security = specification.security
        request.sharing = specification.sharing
        request.workingDirectory = specification.workingDirectory
        request.sharedMemory = "\(specification.limits.sharedMemory)"
        request.ownFiles = OwnFiles.covering(specification)
        request.devices = try during("looking at devices") { () throws(SystemError) in
            try HostDevices.found(specification.security)
        }
        return request
    }

    private func share(_ plan: inout LaunchPlan, _ specification: ContainerSpecification) throws(RunnerError) {
        let sharing = specification.sharing
        func place(_ mode: SharingSettings.Mode, _ kind: String) throws(RunnerError) -> LaunchPlan.Namespace {
            switch mode {
            case .own: .own
            case .host: .host
            case .container(let name): .join(try namespaceOf(name, kind))
            }
        }
        plan.pid = try place(sharing.pid, "pid")
        plan.ipc = try place(sharing.ipc, "ipc")
        plan.uts = try place(sharing.uts, "uts")
        plan.cgroup = try place(sharing.cgroup, "cgroup")
        if case .range(let first, let count) = sharing.identifiers {
            plan.identifiers = [ContainerLaunch.Mapping(inside: 0, outside: first, count: count)]
        }
        // Of a namespace that is shared the name is another's.
        guard plan.uts == .own else { return }
        plan.hostname = specification.hostname
        plan.domainName = specification.domainName
    }

    private func restrict(
        _ plan: inout LaunchPlan, _ specification: ContainerSpecification, state: String
    ) throws(RunnerError) {
        let security = specification.security
        let wanted = security.isPrivileged ? Capabilities.all : security.capabilities
        let grantable = Capability.grantable()
        let missing = Capability.names(of: wanted.rawValue & ~grantable)
        if !missing.isEmpty {
            notice("this machine cannot grant \(missing.joined(separator: ", ")): the container does without")
        }
        plan.capabilities = wanted.rawValue & grantable
        plan.noNewPrivileges = security.forbidsNewPrivileges
        plan.sysctls = security.sysctls
        plan.limits = security.limits.map { limit in
            if let held = ProcessLimit.current(limit.resource), limit.hard > held.hard,
                Capability.bit("SYS_RESOURCE").map({ grantable & $0 == 0 }) ?? true
            {
                notice("--ulimit \(limit): this machine does not let it be raised above \(held.hard)")
            }
            return LaunchPlan.Limit(resource: limit.resource, soft: limit.soft, hard: limit.hard)
        }
        guard let profile = try profile(security, capabilities: plan.capabilities) else { return }
        let filter = try compiled(profile)
        let path = "\(state)/\(Self.filterFile)"
        try during("writing the seccomp filter") { () throws(SystemError) in
            try Files.replace(path, filter.bytes, mode: 0o600)
        }
        plan.filter = LaunchPlan.Filter(path: path, flags: filter.flags)
    }

    private func compiled(_ profile: SeccompProfile) throws(RunnerError) -> SeccompFilter {
        do throws(SeccompError) {
            return try profile.compile()
        } catch {
            throw .notStarted(code: 125, reason: "seccomp: \(error)")
        }
    }

    private func profile(_ security: SecuritySettings, capabilities: UInt64) throws(RunnerError) -> SeccompProfile? {
        switch security.systemCalls {
        case .unconfined: return nil
        case .standard: return security.isPrivileged ? nil : .standard(capabilities: capabilities)
        case .profile(let path):
            func refused(_ why: some CustomStringConvertible) -> RunnerError {
                .invalid(option: "--security-opt seccomp", value: path, expected: "a usable profile: \(why)")
            }
            do {
                let json = try JSONValue.parse(try Files.read(path, limit: Self.profileLimit))
                let subject = SeccompProfile.Subject(
                    capabilities: capabilities, kernel: try KernelVersion.current())
                return try SeccompProfile(json, for: subject)
            } catch let error as SystemError {
                throw refused(error)
            } catch let error as JSONError {
                throw refused(error)
            } catch let error as SeccompError {
                throw refused(error)
            } catch {
                throw refused("\(error)")
            }
        }
    }

    private func choosePrivateLayer(
        _ plan: inout LaunchPlan, _ specification: ContainerSpecification, _ host: HostRoot, state: String
    ) throws(RunnerError) {
        if case .directory(_, isPrivate: false) = specification.root.source { return }
        let readOnly = specification.root.source == .host ? host.readOnlyTrees : []
        if !readOnly.isEmpty {
            let owned = plan.identifiers == nil ? "" : ", where its files belong to nobody"
            notice(
                "\(readOnly.joined(separator: ", ")) of the host is an overlay itself: read-only in the container\(owned)"
            )
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
