import CNI
import JSON
import LinuxSystem
import PluginFirewall
import PluginKit

/// The published ports of one attachment, and the record that says which they are.
struct PortmapAttachment {
    static let plugin = "portmap"
    private static let hairpinKey = "hairpin"

    private let key: AttachmentRecord.Key
    private let namespace: String
    private let owner: Owner
    private let directories: StateDirectories
    private let records: RecordStore
    private let waits: Bool

    init(_ attachment: Attachment, _ context: PluginContext) {
        key = AttachmentRecord.Key(
            network: attachment.network, containerID: attachment.containerID, interface: attachment.ifname,
            plugin: PortmapAttachment.plugin)
        owner = Owner(network: attachment.network, containerID: attachment.containerID, interface: attachment.ifname)
        namespace = attachment.netns
        directories = StateDirectories(context)
        records = RecordStore(root: directories.attachments)
        waits = context.variable(WaitForRemoval.variable) == "1"
    }

    static func warn(_ text: String) { StandardStreams.writeError("portmap: \(text)\n") }

    /// Publishes all ports or none; the record is written first.
    func publish(_ publication: PortPublication, beside result: CNIResult) throws(CNIError) {
        let elements = publication.elements
        if elements.isEmpty { return }
        let path = try ContainerPath(result)
        let earlier = try readRecord()
        // Of an ADD without the DEL before it, what is to be undone stays known.
        let hairpin = try path.portForHairpin() ?? earlier.flatMap { $0.hairpin.isEmpty ? nil : $0.hairpin }
        try writeRecord(RecordedRules(elements, conditions: publication.conditions), hairpin: hairpin)
        do throws(CNIError) {
            try withPorts(directories, waiting: waits) { (firewall) throws(FirewallError) in
                // An ADD without the DEL before it: what it no longer asks for goes.
                let gone = earlier?.rules.elements.filter { !elements.contains($0) } ?? []
                if !gone.isEmpty { try firewall.remove(gone, owner: owner) }
                try firewall.publish(publication, owner: owner)
            }
        } catch {
            if earlier == nil { try? removeRecord() }
            throw error
        }
        do throws(CNIError) {
            try path.open(publication, hairpin: hairpin)
        } catch {
            try? withdraw(nil)
            throw error
        }
        StaleConnections.forget(elements)
        HostListeners.warn(about: publication.ports)
    }

    /// Compares with what is in the kernel; code 103 names what is missing.
    ///
    /// What the reference published before this suite took over is as good.
    func check(_ publication: PortPublication) throws(CNIError) {
        let record = try readRecord()
        var missing: [FirewallElement] = []
        try withFirewall { (firewall) throws(FirewallError) in
            missing = try firewall.missing(publication.elements, owner: owner)
            if missing.isEmpty || record != nil { return }
            if try firewall.referencePublishes(network: key.network, containerID: key.containerID) { missing = [] }
        }
        guard let first = missing.first else { return }
        throw .checkFailed(
            "a published port is not in nftables: \(first)",
            details: missing.count == 1 ? "" : "and \(missing.count - 1) more elements")
    }

    /// Takes back what the record names; without a record, whatever carries the owner's tag.
    func withdraw(_ result: CNIResult?) throws(CNIError) {
        var removed: [FirewallElement] = []
        if let record = try readRecord() {
            try withPorts(directories, waiting: waits) { (firewall) throws(FirewallError) in
                try firewall.remove(record.rules.elements, owner: owner)
            }
            removed = record.rules.elements
            ContainerPath.endHairpin(record.hairpin)
        } else {
            try withPorts(directories, waiting: waits) { (firewall) throws(FirewallError) in
                removed = try firewall.removeAll(in: try firewall.portSets(), owner: owner)
                try firewall.removeReferencePorts(network: key.network, containerID: key.containerID)
            }
        }
        StaleConnections.forget(removed)
        try removeRecord()
    }

    // MARK: The record

    private func readRecord() throws(CNIError) -> (rules: RecordedRules, hairpin: String)? {
        let record = try attemptFile("read the attachment's record") { () throws(SystemError) in try records.read(key) }
        guard let record else { return nil }
        return (
            RecordedRules(record.content, network: key.network),
            record.content[PortmapAttachment.hairpinKey]?.string ?? ""
        )
    }

    private func writeRecord(_ rules: RecordedRules, hairpin: String?) throws(CNIError) {
        var content = JSONObject(rules.members)
        if let hairpin { content[PortmapAttachment.hairpinKey] = .string(hairpin) }
        let filled = content
        try attemptFile("write the attachment's record") { () throws(SystemError) in
            try records.write(
                AttachmentRecord(key, namespace: namespace, bootID: try Boot.id(), content: filled))
        }
    }

    private func removeRecord() throws(CNIError) {
        try attemptFile("remove the attachment's record") { () throws(SystemError) in _ = try records.remove(key) }
    }
}
