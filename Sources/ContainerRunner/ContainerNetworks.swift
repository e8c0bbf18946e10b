internal import CNI
public import CNIRuntime

/// Attaching containers to networks, and the way back: what any runtime does, through the same code as `hawser net`.
struct ContainerNetworks {
    let paths: RunnerPaths

    private var runtime: NetworkRuntime { NetworkRuntime(paths.runtimeSettings) }

    /// Refuses names that no configuration describes, before anything is made.
    func requireKnown(_ names: [String], publishing ports: [PortMapping] = []) throws(RunnerError) {
        let networks: (entries: [NetworkDirectory.Entry], faults: [RuntimeError])
        do throws(RuntimeError) {
            networks = try runtime.networks.networks()
        } catch {
            throw .network(error)
        }
        let known = networks.entries.map(\.list.name)
        for name in names where !known.contains(name) {
            // A file that could not be read may be the one that was meant: say so instead of "unknown".
            if let fault = networks.faults.first {
                throw .network(RuntimeError("network \(name): \(fault.subject)", fault.cause))
            }
            throw .noSuchNetwork(name, known: known, directory: paths.networkDirectory)
        }
        let first = networks.entries.first { $0.list.name == names.first }
        try first?.list.requirePublishing(ports)
    }

    /// ADD; the attachment gains what the plugins gave.
    func attach(_ attachment: inout NetworkAttachment, _ specification: ContainerSpecification) throws(RunnerError) {
        let target = try target(attachment, specification)
        do throws(RuntimeError) {
            let list = try runtime.networks.network(named: attachment.network)
            let result = try runtime.attach(list, target)
            attachment.take(result)
        } catch {
            throw .network(error)
        }
    }

    /// DEL; content when nothing is attached.
    func detach(_ attachment: NetworkAttachment, _ specification: ContainerSpecification) throws(RunnerError) {
        let target = try target(attachment, specification)
        do throws(RuntimeError) {
            let kept = try runtime.attachments(of: attachment.network).attachments
                .first { $0.target.id == target.id }?.list
            let list: NetworkList
            if let kept { list = kept } else { list = try runtime.networks.network(named: attachment.network) }
            try runtime.detach(list, target)
        } catch {
            throw .network(error)
        }
    }

    private func target(
        _ attachment: NetworkAttachment, _ specification: ContainerSpecification
    ) throws(RunnerError) -> AttachmentTarget {
        var wishes = AttachmentWishes()
        // Ports, address and link address are those of the first network.
        if attachment.publishes {
            wishes.ports = specification.ports
            wishes.address = specification.address
            wishes.mac = specification.mac
        }
        return try wishes.target(
            containerID: specification.id, interface: attachment.interface, netns: attachment.namespacePath)
    }
}

extension RunnerPaths {
    /// The same places as CNIRuntime takes them.
    public var runtimeSettings: RuntimeSettings {
        RuntimeSettings(
            pluginPath: pluginDirectories, configurationDirectory: networkDirectory, cacheDirectory: cacheDirectory,
            lockDirectory: runDirectory + "/locks", environment: pluginEnvironment)
    }
}

extension NetworkAttachment {
    /// Keeps what ADD answered for this interface.
    mutating func take(_ answer: CNIResult) {
        result = try? answer.json(version: .newest)
        addresses = answer.addresses.filter { address in
            guard let index = address.interface, answer.interfaces.indices.contains(index) else { return true }
            return answer.interfaces[index].name == interface
        }.map { $0.address }
        dns = answer.dns
    }
}
