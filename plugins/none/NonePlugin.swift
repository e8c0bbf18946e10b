import CNI
import PluginKit

/// A container with a loopback interface and nothing else, ready to be wired by hand.
@main
struct NonePlugin: Plugin {
    static var name: String { "none" }
    static var about: String { "brings up the loopback interface and nothing else" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> LoopbackInterface {
        LoopbackInterface()
    }

    static func add(_ request: AttachmentRequest, _ loopback: LoopbackInterface) throws(CNIError) -> CNIResult {
        try loopback.bringUp(in: try ContainerNetwork.open(request.attachment.netns))
    }

    static func check(_ request: AttachmentRequest, _ loopback: LoopbackInterface) throws(CNIError) {
        try loopback.verify(in: try ContainerNetwork.open(request.attachment.netns))
    }

    /// The loopback interface goes with its namespace.
    ///
    /// What was wired by hand is left to the hand.
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
