internal import CNIRuntime
internal import ContainerImages
internal import ContainerShim
internal import LinuxSystem

/// Runs containers: makes them, tends the one in the foreground, and releases what they held.
public struct ContainerRunner {
    /// How a container is started.
    public struct Start {
        /// Whether the runner ends once the command runs.
        public var detached: Bool
        /// The descriptor of the command's input; nil for empty input.
        public var input: CInt?
        /// The terminal whose keys and size the container's terminal follows.
        public var terminal: CInt?
        /// Whether signals go to the command.
        public var forwardsSignals = true
        /// The keys that leave the container, at a terminal.
        public var detachKeys = DetachKeys.standard
        /// Where the container's id is to be written.
        public var cidFile: String?
        /// Where the number of its first process is to be written.
        public var pidFile: String?

        /// A way of starting.
        public init(detached: Bool, input: CInt? = nil, terminal: CInt? = nil) {
            self.detached = detached
            self.input = input
            self.terminal = terminal
        }
    }

    private static let hostnameLimit = 64  // bytes: __NEW_UTS_LEN

    let paths: RunnerPaths
    let store: ContainerStore
    let networks: ContainerNetworks
    let notice: (String) -> Void

    /// A runner that works at these places and says on `notice` what differs from what a person would expect.
    public init(_ paths: RunnerPaths, notice: @escaping (String) -> Void) {
        self.paths = paths
        self.notice = notice
        store = ContainerStore(paths)
        networks = ContainerNetworks(paths: paths)
    }

    /// Runs a container; returns the command's exit status, or 0 at once when detached.
    public func run(_ specification: ContainerSpecification, _ start: Start) throws(RunnerError) -> Int32 {
        let joined = try checkRequest(specification)
        try requireAbsent(start.cidFile)
        let making = try store.create(specification)
        try holdImage(specification)
        try writeCIDFile(start.cidFile, specification)
        return try launch(specification, start, joined: joined?.live, isNew: true, making: making)
    }

    /// What can be refused before anything is made.
    ///
    /// Returns the container whose network is shared.
    func checkRequest(_ specification: ContainerSpecification) throws(RunnerError) -> Container? {
        guard ContainerStore.isName(specification.name) else {
            throw .invalid(
                option: "--name", value: specification.name,
                expected: "a name of letters, digits, '-', '_' and '.', 64 at most, beginning with a letter or digit")
        }
        guard (1...Self.hostnameLimit).contains(specification.hostname.utf8.count) else {
            throw .invalid(
                option: "--hostname", value: specification.hostname,
                expected: "a host name of 1 to \(Self.hostnameLimit) bytes")
        }
        try checkParts(specification)
        switch specification.network {
        case .networks(let names):
            try networks.requireKnown(names, publishing: specification.ports)
            try HostPorts.requireFree(specification.ports)
            return nil
        case .none, .host, .container:
            if let port = specification.ports.first {
                throw .invalid(
                    option: "-p", value: port.description,
                    expected: "possible with --network \(specification.network): ports are published by a network")
            }
            guard case .container(let name) = specification.network else { return nil }
            do throws(RunnerError) {
                let other = try store.find(name)
                guard other.live != nil else { throw .notRunning(name) }
                return other
            } catch {
                throw .notStarted(code: 125, reason: "--network container:\(name): \(error)")
            }
        }
    }

    /// Keeps the image of a container from being removed while the container is there.
    func holdImage(_ specification: ContainerSpecification) throws(RunnerError) {
        guard case .image(let name, let id, _) = specification.root.source else { return }
        do throws(ImageError) {
            let images = ImageStore(stateDirectory: paths.stateDirectory)
            try images.hold(try images.require(id), for: specification.id)
        } catch {
            try? store.remove(specification.id, name: specification.name)
            throw .notStarted(code: 125, reason: "--image \(name): \(error)")
        }
    }

    /// What of the root, devices and namespaces can be refused at once.
    private func checkParts(_ specification: ContainerSpecification) throws(RunnerError) {
        for volume in specification.volumes where !Files.exists(volume.source) {
            throw .invalid(option: "-v", value: volume.description, expected: "a mount of something that exists")
        }
        for device in specification.security.devices where !Files.exists(device.source) {
            throw .invalid(option: "--device", value: device.description, expected: "a device that exists")
        }
        for path in specification.root.exposed where !path.hasPrefix("/") || !Files.exists(path) {
            throw .invalid(option: "--expose-host", value: path, expected: "an absolute path that exists")
        }
        if case .directory(let path, _) = specification.root.source, !Files.exists(path + "/.") {
            throw .invalid(option: "--rootfs", value: path, expected: "a directory")
        }
        if case .image(let name, _, let layers) = specification.root.source, layers.isEmpty {
            throw .invalid(option: "--image", value: name, expected: "an image with layers: there is nothing in it")
        }
        try specification.names.check()
        for sysctl in specification.security.sysctls {
            let isShared: Bool
            switch specification.network {
            case .host, .container: isShared = sysctl.isOfNetwork
            case .none, .networks: isShared = false
            }
            if isShared || sysctl.isOfIPC && specification.sharing.ipc != .own {
                throw .invalid(
                    option: "--sysctl", value: "\(sysctl.name)=\(sysctl.value)",
                    expected: "possible where the namespace that it belongs to is shared")
            }
        }
    }

    private var planning: LaunchPlanning {
        LaunchPlanning(paths: paths, notice: notice) { name, kind throws(RunnerError) in
            guard let live = try store.find(name).live else { throw .notRunning(name) }
            return "/proc/\(live.first.identifier)/ns/\(kind)"
        }
    }

    func shimArguments(_ id: String) -> Shim.Arguments {
        Shim.Arguments(
            stateDirectory: paths.state(of: id), runDirectory: paths.run(of: id),
            releaseCommand: paths.releaseCommand + [id])
    }

    func prepare(
        _ specification: ContainerSpecification, _ start: Start, joined: LiveRecord?
    ) throws(RunnerError) {
        let state = paths.state(of: specification.id)
        try writeFiles(specification, attachments: [])
        var plan = try planning.plan(specification, joined: joined?.networkNamespace)
        plan.terminalSize = start.terminal.flatMap { Terminal.size(of: $0) }
        try StateFile.write("\(state)/\(Shim.planFileName)", plan.json)
        try StateFile.write("\(state)/\(ShimSettings.fileName)", specification.shimSettings.json)
    }

    func attach(_ specification: ContainerSpecification, namespace: String) throws(RunnerError) {
        guard case .networks(let names) = specification.network else { return }
        let state = paths.state(of: specification.id)
        var attachments = names.enumerated().map { index, name in
            NetworkAttachment(
                network: name, interface: "eth\(index)", namespacePath: namespace, publishes: index == 0)
        }
        // Written before the first ADD: whatever is killed when, DEL knows what to look for.
        try NetworkRecord.write(attachments, state)
        for index in attachments.indices {
            do throws(RunnerError) {
                try networks.attach(&attachments[index], specification)
            } catch {
                // Without consequences nothing of it is left, or nothing was begun because a plugin is missing: then a DEL
                // that must fail as well would keep the container from being removed.
                if case .network(let fault) = error, fault.consequences.isEmpty {
                    try NetworkRecord.write(Array(attachments[..<index]), state)
                }
                throw error
            }
        }
        try NetworkRecord.write(attachments, state)
        try writeFiles(specification, attachments: attachments)
    }

    /// Writes hosts, hostname and resolv.conf in place: they are mounted already.
    private func writeFiles(_ specification: ContainerSpecification, attachments: [NetworkAttachment])
        throws(RunnerError)
    {
        var neighbour: String?
        if case .container(let name) = specification.network {
            neighbour = try paths.state(of: store.id(of: name)) + "/files"
        }
        let files = OwnFiles(specification: specification, attachments: attachments, neighbour: neighbour)
        try during("writing the container's own files") { () throws(SystemError) in
            let directory = try Directory.open(paths.state(of: specification.id) + "/files")
            for (name, text) in try files.contents() {
                try directory.overwrite(name, Array(text.utf8), mode: 0o644)
            }
        }
    }
}
