import Addressing
import CNI
import PluginFirewall
import PluginKit

/// Publishes ports of containers on the host, whatever plugin made their interface.
@main
struct PortmapPlugin: Plugin {
    static var name: String { "portmap" }
    static var about: String { "publishes ports of a container on the host" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> PortmapConfiguration {
        // What DEL removes stands in the record or carries the owner's tag: no key can keep it from succeeding.
        if verb == .delete { return PortmapConfiguration() }
        let decoded = try PortmapConfiguration(configuration)
        for warning in decoded.warnings { PortmapAttachment.warn(warning) }
        return decoded
    }

    static func add(_ request: AttachmentRequest, _ configuration: PortmapConfiguration) throws(CNIError) -> CNIResult {
        let result = try request.configuration.requiredPreviousResult()
        if configuration.ports.isEmpty { return result }
        let publication = configuration.publication(for: result, request.attachment)
        for port in configuration.ports where !publication.containers.contains(where: { port.concerns($0.family) }) {
            PortmapAttachment.warn("\(port) is not published: the container has no such address")
        }
        let attachment = PortmapAttachment(request.attachment, request.context)
        try attachment.publish(publication, beside: result)
        return result
    }

    static func check(_ request: AttachmentRequest, _ configuration: PortmapConfiguration) throws(CNIError) {
        let result = try request.configuration.requiredPreviousResult()
        if configuration.ports.isEmpty { return }
        let publication = configuration.publication(for: result, request.attachment)
        try PortmapAttachment(request.attachment, request.context).check(publication)
    }

    static func delete(_ request: AttachmentRequest, _ configuration: PortmapConfiguration) throws(CNIError) {
        try PortmapAttachment(request.attachment, request.context).withdraw(request.configuration.previousResult)
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: PortmapConfiguration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        let network = request.configuration.name
        let directories = StateDirectories(request.context)
        var teardown = Teardown()
        teardown.step { () throws(CNIError) in
            let owners = valid.map { Owner(network: network, containerID: $0.containerID, interface: $0.ifname) }
            var removed: [FirewallElement] = []
            try withPorts(directories) { (firewall) throws(FirewallError) in
                removed = try firewall.collectGarbage(in: try firewall.portSets(), network: network, keeping: owners)
            }
            StaleConnections.forget(removed)
        }
        teardown.step { () throws(CNIError) in
            try AttachmentRules.removeRecords(
                of: network, plugin: PortmapAttachment.plugin, in: directories, keeping: valid)
        }
        try teardown.finish()
    }

    static func status(_ request: NetworkRequest, _ configuration: PortmapConfiguration) throws(CNIError) {
        do throws(CNIError) {
            try withFirewall { (firewall) throws(FirewallError) in try firewall.probe() }
        } catch {
            throw .notAvailable("ports cannot be published", details: error.description)
        }
    }
}

/// Runs with a connection to nf_tables while nobody else publishes or withdraws ports.
@inline(never)
func withPorts(
    _ directories: StateDirectories, waiting: Bool = false, _ body: (inout Firewall) throws(FirewallError) -> Void
) throws(CNIError) {
    let lock: PortLock
    do throws(FirewallError) { lock = try PortLock.acquire(directories) } catch { throw error.cniError }
    try withFirewall(waiting: waiting, claims: .counted, body)
    lock.keepHeld()
}
