import Addressing
import CNI
import JSON
import LinuxSystem
import PluginFirewall
import PluginKit
import RouteNetlink

/// What one attachment has in the tables, and the record that says what it is.
struct FirewallAttachment {
    static let plugin = "firewall"

    private let rules: AttachmentRules
    private var owner: Owner { rules.owner }

    init(_ attachment: Attachment, _ context: PluginContext) {
        rules = AttachmentRules(attachment, plugin: FirewallAttachment.plugin, context)
    }

    @inline(never)
    static func warn(_ text: String) { StandardStreams.writeError("firewall: \(text)\n") }

    static func warn(aboutDropsOf chains: [String]) {
        for chain in chains {
            warn(
                "chain \(chain) drops what it does not know, published ports and containers' packets too; "
                    + "to let them through: \(Firewall.remedy(for: chain))")
        }
    }

    /// The record is written first.
    func permit(_ permission: ForwardPermission, _ configuration: FirewallConfiguration) throws(CNIError) {
        let elements = permission.elements
        let earlier = try recorded()
        let wasLookedAt = Files.exists(lookMarker)
        try rules.writeRecord(
            JSONObject(RecordedRules(elements, sharedElements: permission.bridgeElements).members))
        do throws(CNIError) {
            try withFirewall(waiting: rules.waits) { (firewall) throws(FirewallError) in
                let gone = earlier?.elements.filter { !elements.contains($0) } ?? []
                if !gone.isEmpty { try firewall.remove(gone, owner: owner) }
                try firewall.permit(permission, adminChain: configuration.adminChain, owner: owner)
                if wasLookedAt { return }
                let drops = try firewall.foreignDrops()
                if drops.isEmpty { return }
                try firewall.markForForeignFilters()
                Self.warn(aboutDropsOf: drops)
            }
        } catch {
            if earlier == nil { try? forbid(nil) }
            throw error
        }
        rememberLook(wasLookedAt)
    }

    /// Chains of others are looked through, and named, once for each boot and not for every container: there can be thousands.
    private var lookMarker: String { "\(rules.directories.run)/forward-filters-seen" }

    private func rememberLook(_ wasLookedAt: Bool) {
        if wasLookedAt { return }
        do throws(SystemError) {
            try Files.makeDirectories(rules.directories.run, mode: 0o755)
            try Files.replace(lookMarker, [], mode: 0o600)
        } catch {
            Self.warn("the next container will look at the filters of others again: \(error)")
        }
    }

    /// Compares with what is in the kernel; code 103 names what is missing.
    ///
    /// What the reference permitted before this suite took over is as good.
    func check(_ permission: ForwardPermission) throws(CNIError) {
        let record = try rules.readRecord()
        var missing: [FirewallElement] = []
        try withFirewall { (firewall) throws(FirewallError) in
            let own = try firewall.missing(permission.elements, owner: owner)
            if !own.isEmpty, record == nil, try firewall.referencePermits(permission.addresses) { return }
            let shared = try firewall.missingShared(permission)
            missing = own + shared
        }
        guard let first = missing.first else { return }
        throw .checkFailed(
            "an element is not in nftables: \(first)",
            details: missing.count == 1 ? "" : "and \(missing.count - 1) more elements")
    }

    /// Takes back what the record names; without a record, whatever carries the owner's tag.
    func forbid(_ result: CNIResult?) throws(CNIError) {
        if let recorded = try recorded() {
            try withFirewall(waiting: rules.waits) { (firewall) throws(FirewallError) in
                try firewall.remove(recorded.elements, owner: owner)
            }
        } else {
            let addresses = result?.addresses.map { $0.address.address } ?? addressesInContainer()
            try withFirewall(waiting: rules.waits) { (firewall) throws(FirewallError) in
                _ = try firewall.removeAll(in: ForwardPermission.sets, owner: owner)
                try firewall.removeReferencePermissions(addresses)
            }
        }
        try rules.removeRecord()
    }

    /// The addresses of the interface, while the container is there: all that tells the reference's rules apart.
    private func addressesInContainer() -> [IPAddress] {
        guard let container = ContainerNetwork.openIfPresent(rules.namespace), let name = LinkName(owner.interface)
        else {
            return []
        }
        do throws(SystemError) {
            var socket = try container.routeSocket()
            guard let link = try socket.link(named: name) else { return [] }
            return try socket.addresses(of: link.index).map { $0.network.address }
        } catch {
            return []
        }
    }

    private func recorded() throws(CNIError) -> RecordedRules? {
        try rules.readRecord().map { RecordedRules($0, network: owner.network) }
    }
}
