import Addressing
import CNI
import JSON
import LinuxSystem
import PluginFirewall
import PluginKit
import RouteNetlink

/// What belongs to one attachment of a bridge, found from its names alone: link, rules, record.
final class BridgeAttachment: Sendable {
    static let plugin = "bridge"

    /// The link on the host.
    let hostEnd: LinkName
    private let key: AttachmentRecord.Key
    private let owner: Owner
    private let records: RecordStore
    private let waits: Bool

    convenience init(_ attachment: Attachment, _ context: PluginContext) {
        self.init(
            network: attachment.network, containerID: attachment.containerID, interface: attachment.ifname, context)
    }

    init(network: String, containerID: String, interface: String, _ context: PluginContext) {
        hostEnd = LinkNaming.hostEnd(network: network, containerID: containerID, interface: interface)
        key = AttachmentRecord.Key(
            network: network, containerID: containerID, interface: interface, plugin: BridgeAttachment.plugin)
        owner = Owner(network: network, containerID: containerID, interface: interface)
        records = RecordStore(root: StateDirectories(context).attachments)
        waits = context.variable(WaitForRemoval.variable) == "1"
    }

    // MARK: The record

    /// Written before the kernel is touched.
    func writeRecord(namespace: String, _ rules: [FirewallElement]) throws(CNIError) {
        let content = JSONObject([("hostLink", .string(hostEnd.text))] + RecordedRules(rules).members)
        try attemptFile("write the attachment's record") { () throws(SystemError) in
            try records.write(AttachmentRecord(key, namespace: namespace, bootID: try Boot.id(), content: content))
        }
    }

    func removeRecord() throws(CNIError) {
        try attemptFile("remove the attachment's record") { () throws(SystemError) in _ = try records.remove(key) }
    }

    // MARK: Rules

    /// The rules that the configuration asks for.
    func rules(_ configuration: BridgeConfiguration, address: MACAddress?, networks: [IPNetwork]) -> [FirewallElement] {
        var elements: [FirewallElement] = []
        if configuration.ipMasq { elements += Masquerade.elements(for: networks) }
        if configuration.macSpoofCheck, let address {
            elements += SpoofGuard.elements(link: hostEnd.text, address: address)
        }
        return elements
    }

    /// Adds the rules in one batch.
    func add(_ rules: [FirewallElement]) throws(CNIError) {
        guard !rules.isEmpty else { return }
        try withFirewall { (firewall) throws(FirewallError) in try firewall.add(rules, owner: owner) }
    }

    /// How many of the rules are not there; none where the reference made the attachment and its rules are.
    func countMissing(_ rules: [FirewallElement]) throws(CNIError) -> Int {
        guard !rules.isEmpty else { return 0 }
        let record = try attemptFile("read the attachment's record") { () throws(SystemError) in try records.read(key) }
        var missing = 0
        try withFirewall { (firewall) throws(FirewallError) in
            missing = try firewall.missing(rules, owner: owner).count
            if missing > 0, record == nil, try firewall.referenceMasquerades(owner: owner) { missing = 0 }
        }
        return missing
    }

    /// Removes the rules: those that the record names, or without a record all that carry the owner's tag.
    func removeRules() throws(CNIError) {
        let record = try attemptFile("read the attachment's record") { () throws(SystemError) in try records.read(key) }
        guard let record else {
            try withFirewall(waiting: waits) { (firewall) throws(FirewallError) in
                let sets = try BridgeAttachment.sets(&firewall)
                _ = try firewall.removeAll(in: sets, owner: owner)
                try firewall.removeReferenceMasquerade(owner: owner)
                try firewall.removeReferenceSpoofGuard(owner: owner)
            }
            return
        }
        let recorded = RecordedRules.elements(of: record.content)
        guard !recorded.isEmpty else { return }
        try withFirewall(waiting: waits) { (firewall) throws(FirewallError) in
            try firewall.remove(recorded, owner: owner)
        }
    }

    /// Where the rules of this plugin stand.
    static func sets(_ firewall: inout Firewall) throws(FirewallError) -> [SharedSet] {
        try firewall.masqueradeSets() + SpoofGuard.sets
    }
}
