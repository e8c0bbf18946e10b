public import CNI
public import CNIRuntime
internal import ContainerShim
internal import JSON
internal import LinuxSystem

/// `hawser net`: what a runtime does with networks, for any namespace, one verb at a time.
public struct NetworkTool {
    let paths: RunnerPaths
    let runtime: NetworkRuntime
    let store: ContainerStore

    /// The tool at these places.
    public init(_ paths: RunnerPaths) {
        self.paths = paths
        runtime = NetworkRuntime(paths.runtimeSettings)
        store = ContainerStore(paths)
    }

    /// The configured networks, and the files that describe none.
    public func networks() throws(RunnerError) -> (entries: [NetworkDirectory.Entry], faults: [RuntimeError]) {
        try about { () throws(RuntimeError) in try runtime.networks.networks() }
    }

    /// The attachments that are kept, of one network or all.
    public func attachments(of network: String?) throws(RunnerError) -> [CachedAttachment] {
        try about { () throws(RuntimeError) in try runtime.attachments(of: network).attachments }
    }

    /// ADD.
    public func add(_ network: String, to target: NamespaceTarget, _ wishes: AttachmentWishes) throws(RunnerError)
        -> CNIResult
    {
        let list = try list(network)
        try HostPorts.requireFree(wishes.ports)
        try list.requirePublishing(wishes.ports)
        if let path = target.path {
            let request = try wishes.target(
                containerID: NamespaceTarget.identifier(ofPath: path), interface: wishes.interface ?? "eth0",
                netns: path)
            return try about { () throws(RuntimeError) in try runtime.attach(list, request) }
        }
        return try changeContainer(target) { (container, record) throws(RunnerError) in
            guard let live = container.live else { throw .notRunning(container.specification.name) }
            let taken = record.map(\.interface)
            let interface = wishes.interface ?? (0...).lazy.map { "eth\($0)" }.first { !taken.contains($0) } ?? "eth0"
            let request = try wishes.target(
                containerID: container.specification.id, interface: interface, netns: live.networkNamespace)
            var attachment = NetworkAttachment(
                network: network, interface: interface, namespacePath: live.networkNamespace, publishes: false)
            // Written first: the container's release looks for it, whatever is killed when.
            try NetworkRecord.write(record + [attachment], paths.state(of: container.specification.id))
            do throws(RuntimeError) {
                let result = try runtime.attach(list, request)
                attachment.take(result)
                record.append(attachment)
                return result
            } catch {
                throw .network(error)
            }
        }
    }

    /// DEL; content when nothing is attached.
    public func delete(_ network: String, from target: NamespaceTarget, _ wishes: AttachmentWishes)
        throws(RunnerError)
    {
        let list = try list(network)
        if let path = target.path {
            let identifier = NamespaceTarget.identifier(ofPath: path)
            // A namespace that is gone has no path that a plugin could open.
            let request = try wishes.target(
                containerID: identifier, interface: wishes.interface ?? "eth0",
                netns: Self.isNamespace(path) ? path : "")
            return try about { () throws(RuntimeError) in try runtime.detach(list, request) }
        }
        try changeContainer(target) { (container, record) throws(RunnerError) in
            let index = record.firstIndex {
                $0.network == network && (wishes.interface == nil || $0.interface == wishes.interface)
            }
            let interface = index.map { record[$0].interface } ?? wishes.interface ?? "eth0"
            let request = try wishes.target(
                containerID: container.specification.id, interface: interface,
                netns: container.live?.networkNamespace ?? "")
            try about { () throws(RuntimeError) in try runtime.detach(list, request) }
            if let index { record.remove(at: index) }
        }
    }

    /// CHECK.
    public func check(_ network: String, _ target: NamespaceTarget, _ wishes: AttachmentWishes) throws(RunnerError) {
        let list = try list(network)
        let request: AttachmentTarget
        if let path = target.path {
            request = try wishes.target(
                containerID: NamespaceTarget.identifier(ofPath: path), interface: wishes.interface ?? "eth0",
                netns: path)
        } else {
            let container = try container(target)
            guard let live = container.live else { throw .notRunning(container.specification.name) }
            let interface = container.attachments.first { $0.network == network }?.interface
            request = try wishes.target(
                containerID: container.specification.id, interface: wishes.interface ?? interface ?? "eth0",
                netns: live.networkNamespace)
        }
        try about { () throws(RuntimeError) in try runtime.check(list, request) }
    }

    /// STATUS.
    public func status(_ network: String) throws(RunnerError) {
        let list = try list(network)
        try about { () throws(RuntimeError) in try runtime.status(list) }
    }

    /// GC: keeps the attachments whose container runs or whose namespace is there; returns how many those are.
    public func collectGarbage(_ network: String) throws(RunnerError) -> Int {
        let list = try list(network)
        var count = 0
        try about { () throws(RuntimeError) in
            // Under the network's lock: what is attached a moment earlier is in the list, what is later waits.
            try runtime.collectGarbage(list) { () throws(RuntimeError) in
                do throws(RunnerError) {
                    let valid = try validAttachments(of: network)
                    count = valid.count
                    return valid
                } catch {
                    throw RuntimeError(
                        "network \(network)", .inputOutput("cannot tell which attachments are valid: \(error)"))
                }
            }
        }
        return count
    }

    /// DEL for each attachment that is kept of a network which is configured no more, and has neither container nor namespace.
    public func detachInvalid(_ network: String) throws(RunnerError) {
        let valid = try validAttachments(of: network)
        for kept in try attachments(of: network) where !valid.contains(kept.target.id) {
            guard let list = kept.list else { continue }
            try about { () throws(RuntimeError) in try runtime.detach(list, kept.target) }
        }
    }

    /// The attachments of a network whose container runs, or whose namespace is there.
    public func validAttachments(of network: String) throws(RunnerError) -> [Attachment.ID] {
        let containers = try store.all()
        // From the containers' own records, which are written before ADD: one that is just being attached is kept.
        var valid = containers.filter(keepsAttachments).flatMap { container in
            container.attachments.filter { $0.network == network }.map {
                Attachment.ID(containerID: container.specification.id, ifname: $0.interface)
            }
        }
        let ours = Set(containers.map(\.specification.id))
        for kept in try attachments(of: network)
        where !ours.contains(kept.target.containerID) && Self.isNamespace(kept.target.netns) {
            valid.append(kept.target.id)
        }
        return valid
    }

    /// Whether its attachments are somebody's: it lives, is being made or made anew, or its shim still gives them back.
    private func keepsAttachments(_ container: Container) -> Bool {
        switch container.state {
        case .created, .running, .restarting, .paused: return true
        case .exited:
            guard let shim = (try? store.shim(of: container.specification.id)) ?? nil else { return false }
            return (try? ContainerLeaks.isAlive(shim)) == true
        case .dead: return false
        }
    }

    private static func isNamespace(_ path: String) -> Bool { (try? NetworkNamespace.open(path).identity) != nil }

    private func list(_ network: String) throws(RunnerError) -> NetworkList {
        try ContainerNetworks(paths: paths).requireKnown([network])
        return try about { () throws(RuntimeError) in try runtime.networks.network(named: network) }
    }

    private func container(_ target: NamespaceTarget) throws(RunnerError) -> Container {
        guard case .container(let key) = target else { preconditionFailure("only a container has no path") }
        return try store.find(key)
    }

    /// Changes a container's attachments, alone; what `body` leaves is written, also when it throws.
    private func changeContainer<R>(
        _ target: NamespaceTarget, _ body: (Container, inout [NetworkAttachment]) throws(RunnerError) -> R
    ) throws(RunnerError) -> R {
        let container = try container(target)
        let state = paths.state(of: container.specification.id)
        let lock = try NetworkRecord.lock(state)
        defer { lock.keepHeld() }
        var record = try NetworkRecord.read(state)
        do throws(RunnerError) {
            let result = try body(container, &record)
            try NetworkRecord.write(record, state)
            return result
        } catch {
            try NetworkRecord.write(record, state)
            throw error
        }
    }
}

private func about<R>(_ body: () throws(RuntimeError) -> R) throws(RunnerError) -> R {
    do throws(RuntimeError) {
        return try body()
    } catch {
        throw .network(error)
    }
}

extension NetworkList {
    /// Refuses to publish ports on a network none of whose plugins would.
    func requirePublishing(_ ports: [PortMapping]) throws(RunnerError) {
        guard let port = ports.first, !plugins.contains(where: { $0.capabilities.contains("portMappings") }) else {
            return
        }
        throw .invalid(
            option: "-p", value: port.description,
            expected: "possible on network \(name): none of its plugins has the capability portMappings")
    }
}
