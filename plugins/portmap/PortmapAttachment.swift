import CNI
import JSON
import LinuxSystem
import PluginFirewall
import PluginKit

/// The published ports of one attachment, and the record that says which they are.
struct PortmapAttachment {
    static let plugin = "portmap"
    private static let hairpinKey = "hairpin"

    private let rules: AttachmentRules
    private var owner: Owner { rules.owner }

    init(_ attachment: Attachment, _ context: PluginContext) {
        rules = AttachmentRules(attachment, plugin: PortmapAttachment.plugin, context)
    }

    @inline(never)
    static func warn(_ text: String) { StandardStreams.writeError("portmap: \(text)\n") }

    /// Publishes all ports or none; the record is written first.
    func publish(_ publication: PortPublication, beside result: CNIResult) throws(CNIError) {
        let elements = publication.elements
        if elements.isEmpty { return }
        let path = try ContainerPath(result)
        let earlier = try recorded()
        // Of an ADD without the DEL before it, what is to be undone stays known.
        let hairpin = try path.portForHairpin() ?? earlier.flatMap { $0.hairpin.isEmpty ? nil : $0.hairpin }
        try writeRecord(RecordedRules(elements, conditions: publication.conditions), hairpin: hairpin)
        do throws(CNIError) {
            try withPorts(rules.directories, waiting: rules.waits) { (firewall) throws(FirewallError) in
                // An ADD without the DEL before it: what it no longer asks for goes.
                let gone = earlier?.rules.elements.filter { !elements.contains($0) } ?? []
                if !gone.isEmpty { try firewall.remove(gone, owner: owner) }
                try firewall.publish(publication, owner: owner)
            }
        } catch {
            if earlier == nil { try? rules.removeRecord() }
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
        let record = try rules.readRecord()
        var missing: [FirewallElement] = []
        try withFirewall { (firewall) throws(FirewallError) in
            missing = try firewall.missing(publication.elements, owner: owner)
            if missing.isEmpty || record != nil { return }
            if try firewall.referencePublishes(network: owner.network, containerID: owner.containerID) { missing = [] }
        }
        guard let first = missing.first else { return }
        throw .checkFailed(
            "a published port is not in nftables: \(first)",
            details: missing.count == 1 ? "" : "and \(missing.count - 1) more elements")
    }

    /// Takes back what the record names; without a record, whatever carries the owner's tag.
    func withdraw(_ result: CNIResult?) throws(CNIError) {
        var removed: [FirewallElement] = []
        if let record = try recorded() {
            try withPorts(rules.directories, waiting: rules.waits) { (firewall) throws(FirewallError) in
                try firewall.remove(record.rules.elements, owner: owner)
            }
            removed = record.rules.elements
            ContainerPath.endHairpin(record.hairpin)
        } else {
            try withPorts(rules.directories, waiting: rules.waits) { (firewall) throws(FirewallError) in
                removed = try firewall.removeAll(in: try firewall.portSets(), owner: owner)
                try firewall.removeReferencePorts(network: owner.network, containerID: owner.containerID)
            }
        }
        StaleConnections.forget(removed)
        try rules.removeRecord()
    }

    // MARK: The record

    private func recorded() throws(CNIError) -> (rules: RecordedRules, hairpin: String)? {
        guard let content = try rules.readRecord() else { return nil }
        return (
            RecordedRules(content, network: owner.network), content[PortmapAttachment.hairpinKey]?.string ?? ""
        )
    }

    private func writeRecord(_ recorded: RecordedRules, hairpin: String?) throws(CNIError) {
        var content = JSONObject(recorded.members)
        if let hairpin { content[PortmapAttachment.hairpinKey] = .string(hairpin) }
        try rules.writeRecord(content)
    }
}
