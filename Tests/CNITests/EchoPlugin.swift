import Addressing
import CNI
import JSON

/// A plugin that answers ADD with what it was given, and the other verbs with an error that tells what it was given.
enum EchoPlugin: Plugin {
    struct Configuration {
        let mtu: Int?
        let refuses: Bool
        let tellsDelete: Bool
    }

    static let name = "echo"
    static let about = "answers with its request"
    static let minimumVersion = CNIVersion.v0_1_0
    static let namespaceRule = NamespaceRule.another

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> Configuration {
        Configuration(
            mtu: try configuration.keys.integer("mtu", in: 68...65535),
            refuses: try configuration.keys.bool("refuse", default: false),
            tellsDelete: try configuration.keys.bool("tellDelete", default: false))
    }

    static func add(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) -> CNIResult {
        if configuration.refuses { throw .hostPortTaken("refused") }
        var result = request.configuration.previousResult ?? CNIResult()
        result.interfaces.append(
            .init(
                name: request.attachment.ifname, mac: try request.requestedMAC()?.description ?? "",
                mtu: configuration.mtu,
                sandbox: request.attachment.netns))
        return result
    }

    static func check(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) {
        let previous = try request.configuration.requiredPreviousResult()
        throw .checkFailed("CHECK saw \(previous.interfaces.count) interfaces")
    }

    static func delete(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) {
        let previous = request.configuration.previousResult == nil ? "no" : "a"
        if configuration.tellsDelete {
            throw .tryAgainLater("DEL of \(request.attachment.containerID) with \(previous) prevResult")
        }
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: Configuration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        throw .tryAgainLater("GC keeps \(valid.map { "\($0.containerID)/\($0.ifname)" }.joined(separator: " "))")
    }

    static func status(_ request: NetworkRequest, _ configuration: Configuration) throws(CNIError) {
        if configuration.refuses { throw .notAvailable("STATUS of \(request.configuration.name)") }
    }
}

/// The same, for results before 0.4.0 not supported, and content with any namespace.
enum StrictEchoPlugin: Plugin {
    static let name = "strict"
    static let about = "answers with its request"
    static let minimumVersion = CNIVersion.v0_4_0
    static let namespaceRule = NamespaceRule.judgedByPlugin

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError)
        -> EchoPlugin.Configuration
    {
        try EchoPlugin.decode(configuration, for: verb)
    }
    static func add(_ request: AttachmentRequest, _ configuration: EchoPlugin.Configuration) throws(CNIError)
        -> CNIResult
    {
        try EchoPlugin.add(request, configuration)
    }
    static func check(_ request: AttachmentRequest, _ configuration: EchoPlugin.Configuration) throws(CNIError) {}
    static func delete(_ request: AttachmentRequest, _ configuration: EchoPlugin.Configuration) throws(CNIError) {}
    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: EchoPlugin.Configuration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {}
    static func status(_ request: NetworkRequest, _ configuration: EchoPlugin.Configuration) throws(CNIError) {}
}
