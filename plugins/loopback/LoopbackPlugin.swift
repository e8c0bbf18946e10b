import CNI
import PluginKit

/// Brings up the loopback interface; in a chain it hands on what came before.
@main
struct LoopbackPlugin: Plugin {
    static var name: String { "loopback" }
    static var about: String { "brings up the loopback interface" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> LoopbackInterface {
        LoopbackInterface()
    }

    static func add(_ request: AttachmentRequest, _ loopback: LoopbackInterface) throws(CNIError) -> CNIResult {
        let own = try loopback.bringUp(in: try ContainerNetwork.open(request.attachment.netns))
        return request.configuration.previousResult ?? own
    }

    static func check(_ request: AttachmentRequest, _ loopback: LoopbackInterface) throws(CNIError) {
        try loopback.verify(in: try ContainerNetwork.open(request.attachment.netns))
    }

    static func delete(_ request: AttachmentRequest, _ loopback: LoopbackInterface) throws(CNIError) {
        try loopback.takeDown(in: ContainerNetwork.openIfPresent(request.attachment.netns))
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ loopback: LoopbackInterface, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        // Nothing outside a container's namespace belongs to it.
    }

    static func status(_ request: NetworkRequest, _ loopback: LoopbackInterface) throws(CNIError) {
        // Every namespace has a loopback interface.
    }
}
