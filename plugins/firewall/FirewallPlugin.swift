import CNI
import PluginFirewall
import PluginKit

/// Lets the packets of containers through the host's filters, and keeps bridges apart where that is asked for.
@main
struct FirewallPlugin: Plugin {
    static var name: String { "firewall" }
    static var about: String { "lets a container's packets through the host's filters" }
    static var minimumVersion: CNIVersion { .v0_4_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> FirewallConfiguration
    {
        // What DEL removes stands in the record or carries the owner's tag: no key can keep it from succeeding.
        if verb == .delete { return FirewallConfiguration() }
        let decoded = try FirewallConfiguration(configuration)
        for warning in decoded.warnings { FirewallAttachment.warn(warning) }
        return decoded
    }

    static func add(_ request: AttachmentRequest, _ configuration: FirewallConfiguration) throws(CNIError) -> CNIResult
    {
        let result = try request.configuration.requiredPreviousResult()
        let permission = try configuration.permission(for: result)
        try FirewallAttachment(request.attachment, request.context).permit(permission, configuration)
        return result
    }

    static func check(_ request: AttachmentRequest, _ configuration: FirewallConfiguration) throws(CNIError) {
        let result = try request.configuration.requiredPreviousResult()
        let permission = try configuration.permission(for: result)
        try FirewallAttachment(request.attachment, request.context).check(permission)
    }

    static func delete(_ request: AttachmentRequest, _ configuration: FirewallConfiguration) throws(CNIError) {
        try FirewallAttachment(request.attachment, request.context).forbid(request.configuration.previousResult)
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: FirewallConfiguration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        let network = request.configuration.name
        var teardown = Teardown()
        teardown.step { () throws(CNIError) in
            let owners = valid.map { Owner(network: network, containerID: $0.containerID, interface: $0.ifname) }
            try withFirewall { (firewall) throws(FirewallError) in
                _ = try firewall.collectGarbage(in: ForwardPermission.sets, network: network, keeping: owners)
            }
        }
        teardown.step { () throws(CNIError) in
            try AttachmentRules.removeRecords(
                of: network, plugin: FirewallAttachment.plugin, in: StateDirectories(request.context), keeping: valid)
        }
        try teardown.finish()
    }

    static func status(_ request: NetworkRequest, _ configuration: FirewallConfiguration) throws(CNIError) {
        do throws(CNIError) {
            try withFirewall { (firewall) throws(FirewallError) in
                try firewall.probe()
                FirewallAttachment.warn(aboutDropsOf: try firewall.foreignDrops())
            }
        } catch {
            throw .notAvailable("forwarding cannot be allowed", details: error.description)
        }
    }
}
