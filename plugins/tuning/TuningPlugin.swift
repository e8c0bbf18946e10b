import Addressing
import CNI
import LinuxSystem
import PluginKit
import RouteNetlink

/// Changes kernel settings of a container and properties of its interface, behind a plugin that made it.
@main
struct TuningPlugin: Plugin {
    static var name: String { "tuning" }
    static var about: String { "changes sysctls of a container and properties of its interface" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> TuningConfiguration {
        try TuningConfiguration(configuration)
    }

    static func add(_ request: AttachmentRequest, _ configuration: TuningConfiguration) throws(CNIError) -> CNIResult {
        var result = try request.configuration.requiredPreviousResult()
        try TuningAllowList.check(configuration.settings)
        let change = try wanted(request, configuration)
        let container = try ContainerNetwork.open(request.attachment.netns)
        let backup = TuningBackup(request.attachment, in: configuration.dataDirectory, request.context)
        if !change.changesNothing {
            try backup.save(try link(request, in: container), before: change)
        }
        do throws(CNIError) {
            try apply(configuration.settings, change, request, in: container)
        } catch {
            try restore(request, backup, in: container)
            throw error
        }
        for index in result.interfaces.indices
        where result.interfaces[index].name == request.attachment.ifname && !result.interfaces[index].sandbox.isEmpty {
            if let address = change.address { result.interfaces[index].mac = address.description }
            if let mtu = change.mtu, result.interfaces[index].mtu != nil { result.interfaces[index].mtu = Int(mtu) }
        }
        return result
    }

    /// The change of the configuration; a MAC address that the runtime asks for wins.
    private static func wanted(_ request: AttachmentRequest, _ configuration: TuningConfiguration) throws(CNIError)
        -> LinkChange
    {
        var change = configuration.link
        if let address = try request.requestedMAC() { change.address = address }
        return change
    }

    private static func name(_ request: AttachmentRequest) throws(CNIError) -> LinkName {
        guard let name = LinkName(request.attachment.ifname) else {
            throw .invalidEnvironment("CNI_IFNAME: \"\(request.attachment.ifname)\" is not the name of an interface")
        }
        return name
    }

    private static func link(_ request: AttachmentRequest, in container: borrowing ContainerNetwork) throws(CNIError)
        -> Link
    {
        var inside = try InterfaceVerification(try name(request), in: container)
        return try inside.link()
    }

    /// Applies the settings first, then the interface.
    ///
    /// Settings that were changed go back when a later one fails.
    private static func apply(
        _ settings: [TuningConfiguration.Setting], _ change: LinkChange, _ request: AttachmentRequest,
        in container: borrowing ContainerNetwork
    ) throws(CNIError) {
        let interface = request.attachment.ifname
        let index = change.changesNothing ? nil : try link(request, in: container).index
        try attempt("tune \(interface)") { () throws(SystemError) in
            try container.inside { () throws(SystemError) in
                var before: [(path: String, value: String)] = []
                do throws(SystemError) {
                    for setting in settings {
                        let path = setting.path(for: interface)
                        guard let old = try Sysctl.read(path) else {
                            throw SystemError(
                                "open", "/proc/sys/\(path)", .noEntry, explanation: "there is no such setting")
                        }
                        before.append((path, old))
                        if old != setting.value { try Sysctl.write(path, setting.value) }
                    }
                    guard let index else { return }
                    var socket = try RouteSocket.open()
                    try socket.set(index, change)
                } catch {
                    for entry in before.reversed() {
                        do throws(SystemError) { try Sysctl.ensure(entry.path, entry.value) } catch { continue }
                    }
                    throw error
                }
            }
        }
    }

    static func check(_ request: AttachmentRequest, _ configuration: TuningConfiguration) throws(CNIError) {
        _ = try request.configuration.requiredPreviousResult()
        let container = try ContainerNetwork.open(request.attachment.netns)
        let interface = request.attachment.ifname
        for setting in configuration.settings {
            let path = setting.path(for: interface)
            let value = try attempt("read \(path)") { () throws(SystemError) in
                try container.inside { () throws(SystemError) in try Sysctl.read(path) }
            }
            guard value == setting.value else {
                throw .checkFailed("\(path) is \(value ?? "absent"), not \(setting.value)")
            }
        }
        let change = try wanted(request, configuration)
        guard !change.changesNothing else { return }
        let link = try link(request, in: container)
        if let address = change.address, link.address != address {
            throw .checkFailed(
                "\(interface) has the hardware address \(link.address?.description ?? "none"), not \(address)")
        }
        if let mtu = change.mtu, link.mtu != mtu {
            throw .checkFailed("\(interface) has the MTU \(link.mtu), not \(mtu)")
        }
        if let value = change.promiscuous, link.flags.contains(.promiscuous) != value {
            throw .checkFailed("\(interface) is \(value ? "not " : "")in promiscuous mode")
        }
        if let value = change.allMulticast, link.flags.contains(.allMulticast) != value {
            throw .checkFailed("\(interface) takes \(value ? "not " : "")all multicast frames")
        }
        if let length = change.transmitQueueLength, link.transmitQueueLength != length {
            throw .checkFailed("\(interface) has the queue length \(link.transmitQueueLength), not \(length)")
        }
    }

    /// Brings the old values back where the interface is still there.
    ///
    /// Settings go with the namespace.
    static func delete(_ request: AttachmentRequest, _ configuration: TuningConfiguration) throws(CNIError) {
        let backup = TuningBackup(request.attachment, in: configuration.dataDirectory, request.context)
        switch ContainerNetwork.openIfPresent(request.attachment.netns) {
        case .some(let container): try restore(request, backup, in: container)
        case .none: try backup.remove()
        }
    }

    private static func restore(
        _ request: AttachmentRequest, _ backup: TuningBackup, in container: borrowing ContainerNetwork
    ) throws(CNIError) {
        if let old = try backup.load(), !old.changesNothing {
            let name = try name(request)
            do throws(SystemError) {
                var socket = try container.routeSocket()
                if let link = try socket.link(named: name) { try socket.set(link.index, old) }
            } catch {
                StandardStreams.writeError("tuning: cannot restore \(name): \(error)\n")
            }
        }
        try backup.remove()
    }

    /// Removes the backups of attachments that are gone; which those are, their records tell.
    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: TuningConfiguration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        let network = request.configuration.name
        let records = RecordStore(root: StateDirectories(request.context).attachments)
        let known = try attemptFile("read the attachment records of \(network)") { () throws(SystemError) in
            try records.records(network: network, plugin: name)
        }
        var teardown = Teardown()
        for record in known {
            let id = Attachment.ID(containerID: record.key.containerID, ifname: record.key.interface)
            guard !valid.contains(id) else { continue }
            teardown.step { () throws(CNIError) in
                let gone = try Attachment(
                    network: network, containerID: id.containerID, ifname: id.ifname, netns: "")
                try TuningBackup(gone, in: configuration.dataDirectory, request.context).remove()
            }
        }
        try teardown.finish()
    }

    static func status(_ request: NetworkRequest, _ configuration: TuningConfiguration) throws(CNIError) {
        try TuningAllowList.check(configuration.settings)
    }
}
