public import CNI
public import JSON
internal import LinuxSystem
public import PluginKit

/// What one attachment has in the tables, for a plugin of a chain: whose it is, and the record that says what it is.
public struct AttachmentRules: Sendable {
    /// Whose the elements are.
    public let owner: Owner
    /// Where this host keeps its state.
    public let directories: StateDirectories
    /// Whether to wait until the kernel has let go of what is removed.
    public let waits: Bool
    /// The path of the container's namespace; empty when there is none.
    public let namespace: String
    private let key: AttachmentRecord.Key
    private let records: RecordStore

    /// The rules of a plugin for an attachment.
    @inline(never)
    public init(_ attachment: Attachment, plugin: String, _ context: PluginContext) {
        owner = Owner(network: attachment.network, containerID: attachment.containerID, interface: attachment.ifname)
        directories = StateDirectories(context)
        waits = context.variable(WaitForRemoval.variable) == "1"
        namespace = attachment.netns
        key = AttachmentRecord.Key(attachment, plugin: plugin)
        records = RecordStore(root: directories.attachments)
    }

    /// The content of the record; nil when there is none.
    @inline(never)
    public func readRecord() throws(CNIError) -> JSONObject? {
        try attemptFile("read the attachment's record") { () throws(SystemError) in try records.read(key) }?.content
    }

    /// Writes the record, in place of an earlier one; before the kernel is touched.
    @inline(never)
    public func writeRecord(_ content: JSONObject) throws(CNIError) {
        try attemptFile("write the attachment's record") { () throws(SystemError) in
            try records.write(AttachmentRecord(key, namespace: namespace, bootID: try Boot.id(), content: content))
        }
    }

    /// Removes the record, if there is one.
    @inline(never)
    public func removeRecord() throws(CNIError) {
        try attemptFile("remove the attachment's record") { () throws(SystemError) in _ = try records.remove(key) }
    }

    /// Removes a plugin's records of the network's attachments that are not valid any more.
    @inline(never)
    public static func removeRecords(
        of network: String, plugin: String, in directories: StateDirectories, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        let records = RecordStore(root: directories.attachments)
        try attemptFile("remove the records of attachments that are gone") { () throws(SystemError) in
            for record in try records.records(network: network, plugin: plugin) {
                let id = Attachment.ID(containerID: record.key.containerID, ifname: record.key.interface)
                if !valid.contains(id) { try records.remove(record.key) }
            }
        }
    }
}
