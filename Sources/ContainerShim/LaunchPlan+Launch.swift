public import LinuxSystem

/// From a plan to the container's first process.
extension LaunchPlan {
    private static let filterLimit = 4096 * 8  // bytes: BPF_MAXINSNS

    /// Clones the container's first process with these standard streams, which are not used with a terminal.
    func launch(stateDirectory: String, input: CInt, output: CInt, error: CInt) throws(SystemError) -> LaunchedProcess {
        var launch = ContainerLaunch()
        launch.setCommand(command, environment: environment)
        launch.setDirectories(state: stateDirectory, working: workingDirectory)
        if !hostname.isEmpty { launch.setHostname(hostname) }
        if !domainName.isEmpty { launch.setDomainName(domainName) }
        launch.setUser(user.user, group: user.group, supplementary: user.supplementary)
        launch.setStreams(input: input, output: output, error: error)
        for step in steps { launch.add(step) }
        try restrict(&launch)
        for sysctl in sysctls { launch.addSysctl(sysctl.name, sysctl.value) }
        if let oomScoreAdjustment { launch.setOOMScore(oomScoreAdjustment) }
        if followsHostMounts { launch.setPropagation(UInt(LaunchStep.Mount.slave)) }
        if let size = terminalSize { launch.setTerminalSize(size) }
        if let size = privateInMemory { launch.setPrivateSize(size) }
        launch.setFlags(flags)
        // Needed up to the clone only.
        let held = try takePlace(in: &launch)
        let launched = try launch.start()
        _ = held.count
        return launched
    }

    /// What holds for the command, and for each that is executed in the container later.
    private func restrict(_ launch: inout ContainerLaunch) throws(SystemError) {
        launch.setCapabilities(capabilities)
        for limit in limits { launch.addLimit(limit.resource, soft: limit.soft, hard: limit.hard) }
        guard let filter else { return }
        launch.setFilter(try Files.read(filter.path, limit: Self.filterLimit), flags: filter.flags)
    }

    /// Gives a command that enters the running container the rights of the container's own, and its control groups.
    ///
    /// With `isPrivileged` it may do all that this process may. What is returned must live until it has entered.
    public func admit(_ launch: inout ContainerLaunch, isPrivileged: Bool = false) throws(SystemError)
        -> HeldDescriptors
    {
        if isPrivileged { launch.setCapabilities(.max) } else { try restrict(&launch) }
        var held = HeldDescriptors()
        if let controlGroup, let directory = try? OwnedDescriptor.directory(controlGroup) {
            launch.setControlGroup(held.add(directory))
        }
        for directory in legacyControlGroups { launch.addLegacyControlGroup(held.add(try .directory(directory))) }
        return held
    }

    private var flags: ContainerLaunch.Flags {
        var flags: ContainerLaunch.Flags = []
        if terminal { flags.insert(.terminal) }
        if noNewPrivileges { flags.insert(.noNewPrivileges) }
        if privateInMemory != nil { flags.insert(.privateInMemory) }
        if !hasInit { flags.insert(.noInit) }
        return flags
    }

    /// Says in which namespaces and control groups the container lives; what is returned must live until the clone.
    private func takePlace(in launch: inout ContainerLaunch) throws(SystemError) -> HeldDescriptors {
        var held = HeldDescriptors()
        if let identifiers {
            launch.setNamespace(.user, .new)
            for range in identifiers {
                launch.addMapping(range, ofGroups: false)
                launch.addMapping(range, ofGroups: true)
            }
        }
        try place(.network, network, &launch, &held)
        try place(.pid, pid, &launch, &held)
        try place(.ipc, ipc, &launch, &held)
        try place(.uts, uts, &launch, &held)
        try place(.cgroup, cgroup, &launch, &held)
        if let controlGroup { launch.setControlGroup(held.add(try .directory(controlGroup))) }
        for directory in legacyControlGroups { launch.addLegacyControlGroup(held.add(try .directory(directory))) }
        return held
    }

    private func place(
        _ kind: ContainerLaunch.NamespaceKind, _ namespace: Namespace, _ launch: inout ContainerLaunch,
        _ held: inout HeldDescriptors
    ) throws(SystemError) {
        switch namespace {
        case .own: launch.setNamespace(kind, .new)
        case .host: launch.setNamespace(kind, .inherited)
        case .join(let path): launch.setNamespace(kind, .joined(held.add(try .reading(path))))
        }
    }
}

/// Descriptors that are closed together.
public struct HeldDescriptors: ~Copyable {
    private var numbers: [CInt] = []

    init() {}

    deinit { for number in numbers { _ = OwnedDescriptor(owning: number) } }

    /// How many there are: an explicit last use.
    public var count: Int { numbers.count }

    /// Keeps a descriptor open; returns its number.
    mutating func add(_ descriptor: consuming OwnedDescriptor) -> CInt {
        let number = descriptor.release()
        numbers.append(number)
        return number
    }
}
