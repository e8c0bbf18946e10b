import CNI
import PluginKit

/// Answers with the addresses that the configuration or the runtime names.
@main
struct StaticPlugin: Plugin {
    static var name: String { StaticIPAM.type }
    static var about: String { "answers with the addresses that the configuration or the runtime names" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .unused }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> StaticIPAM {
        try StaticIPAM(configuration, for: verb)
    }

    static func add(_ request: AttachmentRequest, _ addresses: StaticIPAM) throws(CNIError) -> CNIResult {
        try addresses.add(request)
    }

    static func check(_ request: AttachmentRequest, _ addresses: StaticIPAM) throws(CNIError) {
        try addresses.check(request)
    }

    static func delete(_ request: AttachmentRequest, _ addresses: StaticIPAM) throws(CNIError) {
        // Nothing was made.
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ addresses: StaticIPAM, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        // Nothing is kept.
    }

    static func status(_ request: NetworkRequest, _ addresses: StaticIPAM) throws(CNIError) {
        // What is configured can always be answered.
    }
}
