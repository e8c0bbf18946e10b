public import CNI
public import JSON

/// What one plugin did, or was about to do, for one attachment: ADD's intent journal and the index of DEL and CHECK.
///
/// It is written before the kernel is touched. It is an index and not the truth: where it is missing, DEL finds what is
/// there by names that follow from the attachment, by owner tags and by IPAM's content. The format is described in
/// docs/state-on-disk.md.
public struct AttachmentRecord: Hashable, Sendable {
    /// Whose record it is.
    public struct Key: Hashable, Sendable {
        /// The network's name.
        public let network: String
        /// The container's id.
        public let containerID: String
        /// The interface's name in the container.
        public let interface: String
        /// The plugin that wrote it: each has a file of its own, so that plugins of a chain need no lock.
        public let plugin: String

        /// The record of a plugin about an attachment.
        public init(_ attachment: Attachment, plugin: String) {
            self.init(
                network: attachment.network, containerID: attachment.containerID, interface: attachment.ifname,
                plugin: plugin)
        }

        /// The parts of a key; they were checked when the request was read.
        public init(network: String, containerID: String, interface: String, plugin: String) {
            self.network = network
            self.containerID = containerID
            self.interface = interface
            self.plugin = plugin
        }
    }

    /// Whose record it is.
    public let key: Key
    /// The namespace's path as ADD was given it; empty when there was none.
    public var namespace: String
    /// The boot it was written in: what it describes in the kernel does not outlive that.
    public var bootID: String
    /// The plugin's own part.
    public var content: JSONObject

    /// A record of what is to come.
    public init(_ key: Key, namespace: String, bootID: String, content: JSONObject = JSONObject([])) {
        self.key = key
        self.namespace = namespace
        self.bootID = bootID
        self.content = content
    }

    static let formatVersion: Int64 = 1

    var json: JSONValue {
        .object(
            JSONObject([
                ("version", .integer(AttachmentRecord.formatVersion)),
                ("network", .string(key.network)),
                ("containerID", .string(key.containerID)),
                ("interface", .string(key.interface)),
                ("plugin", .string(key.plugin)),
                ("namespace", .string(namespace)),
                ("bootID", .string(bootID)),
                ("content", .object(content)),
            ]))
    }

    /// nil for what is no record of this format: it is treated as missing.
    init?(_ json: JSONValue) {
        guard let object = json.object, object["version"]?.integer == AttachmentRecord.formatVersion,
            let network = object["network"]?.string, let containerID = object["containerID"]?.string,
            let interface = object["interface"]?.string, let plugin = object["plugin"]?.string,
            let namespace = object["namespace"]?.string, let bootID = object["bootID"]?.string,
            let content = object["content"]?.object
        else { return nil }
        key = Key(network: network, containerID: containerID, interface: interface, plugin: plugin)
        self.namespace = namespace
        self.bootID = bootID
        self.content = content
    }
}
