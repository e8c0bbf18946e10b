import CNI
import PluginKit

/// Hands out addresses of configured ranges and keeps them in files on this host.
@main
struct HostLocalPlugin: Plugin {
    static var name: String { HostLocalConfiguration.type }
    static var about: String { "hands out addresses of configured ranges, kept in files on this host" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .unused }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> HostLocalConfiguration
    {
        try HostLocalConfiguration(configuration, for: verb)
    }

    static func add(_ request: AttachmentRequest, _ configuration: HostLocalConfiguration) throws(CNIError) -> CNIResult
    {
        try HostLocalIPAM(configuration, request.context).add(request)
    }

    static func check(_ request: AttachmentRequest, _ configuration: HostLocalConfiguration) throws(CNIError) {
        try HostLocalIPAM(configuration, request.context).check(request)
    }

    static func delete(_ request: AttachmentRequest, _ configuration: HostLocalConfiguration) throws(CNIError) {
        try HostLocalIPAM(configuration, request.context).delete(request)
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: HostLocalConfiguration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        try HostLocalIPAM(configuration, request.context).collectGarbage(keeping: valid)
    }

    static func status(_ request: NetworkRequest, _ configuration: HostLocalConfiguration) throws(CNIError) {
        try HostLocalIPAM(configuration, request.context).status()
    }
}
