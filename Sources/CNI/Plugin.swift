/// A CNI plugin: one executable, one answer for each verb.
///
/// No verb has a default: silence about CHECK or GC does not compile. VERSION is answered from `minimumVersion`.
public protocol Plugin {
    /// The configuration as this plugin understands it.
    associatedtype Configuration

    /// The name of the executable, which is `type` in configurations.
    static var name: String { get }
    /// One line that says what it does, printed when it is started by hand.
    static var about: String { get }
    /// The oldest version of the specification it supports.
    static var minimumVersion: CNIVersion { get }
    /// What CNI_NETNS has to be.
    static var namespaceRule: NamespaceRule { get }

    /// Reads and validates the keys of this plugin; for DEL only what it needs, and tolerantly.
    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> Configuration

    /// Attaches a container; what it made is undone when it throws.
    static func add(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) -> CNIResult
    /// Verifies that the attachment is as ADD left it.
    static func check(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError)
    /// Detaches a container; succeeds when nothing is left to do.
    static func delete(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError)
    /// Drops what belongs to this network and to none of the `valid` attachments.
    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: Configuration, keeping valid: [Attachment.ID]) throws(CNIError)
    /// Throws code 50 or 51 when ADD could not be served.
    static func status(_ request: NetworkRequest, _ configuration: Configuration) throws(CNIError)
}
