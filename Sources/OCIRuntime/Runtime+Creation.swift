internal import ControlGroups
internal import JSON
internal import LinuxSystem

/// A container that is being made, and everything its making needs.
struct Creation {
    let specification: RuntimeSpecification
    let process: PreparedProcess
    var record: ContainerRecord
    /// Where the terminal goes; nil: this process keeps it.
    let consoleSocket: String?
    let preserved: Int
    let keepsKeyring: Bool
}

extension Runtime {
    /// `create`: makes a container that waits for its start.
    func create(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let creation = try prepare(options, staysAttached: false)
        _ = try make(creation, pidFile: options.value("pid-file"))
        return 0
    }

    /// Reads the bundle and checks it, before anything is made.
    func prepare(_ options: ParsedOptions, staysAttached: Bool) throws(OCIError) -> Creation {
        let id = options.arguments[0]
        let bundle = try attempting("") { () throws(SystemError) in try Files.realPath(options.value("bundle") ?? ".") }
        let content = try attempting("") { () throws(SystemError) in
            try Files.read("\(bundle)/config.json", limit: StateStore.fileLimit)
        }
        let specification = try RuntimeSpecification.decode(content)
        guard let process = specification.process else {
            throw .configuration(file: "config.json", key: "process", problem: "is required")
        }
        let root =
            hasPrefix(specification.rootPath, "/") ? specification.rootPath : "\(bundle)/\(specification.rootPath)"
        let realRoot: String
        do throws(SystemError) {
            realRoot = try Files.realPath(root)
        } catch {
            throw .configuration(file: "config.json", key: "root.path", problem: error.description)
        }
        let socket = options.value("console-socket") ?? ""
        if process.terminal, socket.isEmpty, !staysAttached {
            throw .usage("cannot allocate tty if the runtime will detach without setting console socket")
        }
        if !socket.isEmpty, !process.terminal || staysAttached {
            throw .usage("cannot use console socket if the runtime will not detach or allocate tty")
        }
        var record = ContainerRecord(
            id: id, bundle: bundle, root: realRoot,
            created: Timestamp(nanoseconds: Clock.realtimeNanoseconds()).description, version: specification.version,
            annotations: specification.annotations)
        record.groupPath = try ContainerGroup.path(
            specification.linux.controlGroupPath, id: id, bySlice: namesGroupsBySlice)
        var told = process
        if listeners > 0 { told.environment += ["LISTEN_FDS=\(listeners)", "LISTEN_PID=1"] }
        let hasOwnRights = specification.linux.namespace(.user) != nil
        return Creation(
            specification: specification, process: PreparedProcess(told, hasOwnRights: hasOwnRights),
            record: record, consoleSocket: socket.isEmpty ? nil : socket, preserved: try preserved(options) + listeners,
            keepsKeyring: options.has("no-new-keyring"))
    }

    func preserved(_ options: ParsedOptions) throws(OCIError) -> Int {
        let count = try options.number("preserve-fds") ?? 0
        guard (0...1024).contains(count) else { throw .usage("--preserve-fds must be from 0 to 1024, not \(count)") }
        return Int(count)
    }

    /// Makes the container up to its gate and records it; returns its terminal when nobody else takes it.
    ///
    /// What was made is removed again when a step fails.
    func make(_ creation: Creation, pidFile: String?) throws(OCIError) -> OwnedDescriptor? {
        let id = creation.record.id
        for warning in creation.process.warnings + creation.specification.linux.ignored {
            log.write(.warning, warning)
        }
        try store.makeDirectory(id)
        do throws(OCIError) {
            return try fill(creation, pidFile: pidFile)
        } catch {
            if let group = try creation.record.group() { _ = group.remove() }
            try store.remove(id)
            throw error
        }
    }

    private func fill(_ creation: Creation, pidFile: String?) throws(OCIError) -> OwnedDescriptor? {
        let linux = creation.specification.linux
        var record = creation.record
        let filter = try PreparedFilter.compile(linux.seccomp, capabilities: creation.process.bounding)
        record.filterFlags = filter?.flags
        let directory = try attempting("") { () throws(SystemError) in try Directory.open(store.directory(record.id)) }
        try attempting("keep the container's configuration") { () throws(SystemError) in
            try directory.overwrite(
                "config.json", try Files.read("\(record.bundle)/config.json", limit: StateStore.fileLimit), mode: 0o600)
            if let filter { try directory.overwrite("filter", filter.program, mode: 0o600) }
        }
        // From here on `delete` finds what was made, whenever this process ends.
        try store.write(record)
        let group = try makeGroup(record, linux)
        let plan = try BundlePlan(
            creation.specification, bundle: record.bundle, root: record.root, group: group,
            in: try ContainerGroup.hierarchies())
        for warning in plan.warnings { log.write(.warning, warning) }
        var launch = ContainerLaunch()
        let socket = try attempting("") { () throws(SystemError) in try StartSocket.listen(in: directory) }
        launch.setStartSocket(socket)
        let held = try fill(&launch, creation, plan, group, filter)
        let launched = try attempting("start the container's first process") { () throws(SystemError) in
            try launch.start()
        }
        held.keepHeld()
        do throws(OCIError) {
            return try finish(creation, &record, launched, pidFile: pidFile)
        } catch {
            launched.abandon()
            throw error
        }
    }

    private func makeGroup(_ record: ContainerRecord, _ linux: LinuxSpecification) throws(OCIError) -> ControlGroup {
        let limits = try ContainerGroup.limits(linux.resources, file: "config.json", prefix: "linux.resources.")
        let hierarchies = try ContainerGroup.hierarchies()
        var warnings: [String] = []
        let group = try ContainerGroup.reporting { () throws(ControlGroupError) in
            try ControlGroup.check(limits, in: hierarchies)
            var group = try ControlGroup.make(record.groupPath ?? "", for: limits, everywhere: true, in: hierarchies)
            warnings = try group.apply(limits)
            return group
        }
        for warning in warnings { log.write(.warning, warning) }
        return group
    }

    /// Says everything about the container that its first process must know.
    private func fill(
        _ launch: inout ContainerLaunch, _ creation: Creation, _ plan: BundlePlan, _ group: ControlGroup,
        _ filter: PreparedFilter?
    ) throws(OCIError) -> HeldDescriptors {
        let (specification, linux) = (creation.specification, creation.specification.linux)
        var flags: ContainerLaunch.Flags = [.noInit, .outlives]
        if creation.process.process.terminal { flags.insert(.console) }
        if creation.keepsKeyring { flags.insert(.keepsKeyring) }
        creation.process.fill(&launch, flags: flags, filter: filter)
        launch.setDirectories(
            state: store.directory(creation.record.id), working: creation.process.process.workingDirectory)
        launch.setPreserved(creation.preserved)
        if let hostname = specification.hostname { launch.setHostname(hostname) }
        if let domain = specification.domainName { launch.setDomainName(domain) }
        for step in plan.steps { launch.add(step) }
        for setting in linux.settings { launch.addSysctl(setting.key, setting.value) }
        if let personality = linux.personality { launch.setPersonality(UInt(personality)) }
        if let propagation = linux.rootPropagation {
            launch.setPropagation(UInt(propagation.kernelFlags & ~MountFlags.recursive.rawValue))
        } else if plan.followsHost {
            launch.setPropagation(1 << 19)  // MS_SLAVE
        }
        addHooks(&launch, specification.hooks)
        for mapping in linux.userMappings { launch.addMapping(mapping.launched, ofGroups: false) }
        for mapping in linux.groupMappings { launch.addMapping(mapping.launched, ofGroups: true) }
        creation.process.ownStreams(linux.userMappings)
        var held = HeldDescriptors()
        for namespace in linux.namespaces { try add(namespace, to: &launch, &held) }
        try add(group, to: &launch, &held)
        return held
    }

    private func add(
        _ namespace: NamespaceSpecification, to launch: inout ContainerLaunch, _ held: inout HeldDescriptors
    ) throws(OCIError) {
        guard let kind = namespace.kind.launched else {
            guard namespace.path == nil else {
                throw .configuration(
                    file: "config.json", key: "linux.namespaces",
                    problem: "a mount namespace cannot be joined: the root is made in a new one")
            }
            return
        }
        guard let path = namespace.path else { return launch.setNamespace(kind, .new) }
        let number = try attempting("open the \(namespace.kind.rawValue) namespace") { () throws(SystemError) in
            held.add(try .reading(path))
        }
        launch.setNamespace(kind, .joined(number))
    }

    /// Puts a process into a container's groups.
    func add(_ group: ControlGroup, to launch: inout ContainerLaunch, _ held: inout HeldDescriptors) throws(OCIError) {
        try attempting("open the container's control group") { () throws(SystemError) in
            if let unified = group.unified { launch.setControlGroup(held.add(try .directory(unified))) }
            for legacy in group.legacy { launch.addLegacyControlGroup(held.add(try .directory(legacy.directory))) }
        }
    }

    private func addHooks(_ launch: inout ContainerLaunch, _ hooks: Hooks) {
        if !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty {
            launch.setCreateHooks(hooks.createContainer.list())
        }
        if !hooks.startContainer.isEmpty { launch.setStartHooks(hooks.startContainer.list()) }
    }
}

extension IDMapping {
    var launched: ContainerLaunch.Mapping { ContainerLaunch.Mapping(inside: container, outside: host, count: size) }
}

extension NamespaceSpecification.Kind {
    /// The same for a launch; nil for the mount namespace, which is always new.
    var launched: ContainerLaunch.NamespaceKind? {
        switch self {
        case .pid: .pid
        case .network: .network
        case .mount: nil
        case .ipc: .ipc
        case .uts: .uts
        case .user: .user
        case .cgroup: .cgroup
        case .time: .time
        }
    }
}

extension [Hook] {
    /// The hooks as they are run.
    func list() -> HookList {
        var list = HookList()
        for hook in self {
            list.add(hook.path, arguments: hook.arguments, environment: hook.environment, seconds: hook.timeout)
        }
        return list
    }
}
