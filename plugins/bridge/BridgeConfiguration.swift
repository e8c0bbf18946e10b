import Addressing
import CNI
import JSON
import PluginKit
import RouteNetlink

/// The keys of the bridge plugin; README.md lists them.
final class BridgeConfiguration: Sendable {
    /// The VLANs of a container's port.
    struct VLANs: Sendable {
        /// Untagged frames belong to it; nil without `vlan`.
        var native: UInt16?
        /// Tagged ones: `vlanTrunk`.
        var trunk: [BridgeVLAN]
        /// Keeps VLAN 1, which the kernel gives to each port by itself.
        var preservesDefault: Bool

        var isEmpty: Bool { native == nil && trunk.isEmpty }

        /// What the port is put into.
        var ofPort: [BridgeVLAN] {
            var vlans = trunk
            if let native {
                vlans.append(BridgeVLAN(native, isPVID: true, isUntagged: true))
            } else if !trunk.isEmpty {
                vlans.append(BridgeVLAN(1, isPVID: true, isUntagged: true))
            }
            return vlans
        }
    }

    let bridge: LinkName
    let isGateway: Bool
    let isDefaultGateway: Bool
    let forceAddress: Bool
    let ipMasq: Bool
    let mtu: MTUSetting
    let hairpin: Bool
    let promiscuous: Bool
    let vlans: VLANs
    let macSpoofCheck: Bool
    let detectDuplicates: Bool
    let containerInterfaceStaysDown: Bool
    let portIsolation: Bool
    let hasIPAM: Bool
    let dns: CNIResult.DNS?

    init(_ configuration: NetworkConfiguration) throws(CNIError) {
        let keys = configuration.keys
        let name = try keys.string("bridge", default: "")
        guard let bridge = LinkName(name.isEmpty ? "cni0" : name) else {
            throw keys.invalid(
                "bridge", "it must be the name of an interface: 1 to 15 bytes without '/', ':' and space")
        }
        self.bridge = bridge
        isDefaultGateway = try keys.bool("isDefaultGateway", default: false)
        isGateway = try keys.bool("isGateway", default: false) || isDefaultGateway
        forceAddress = try keys.bool("forceAddress", default: false)
        ipMasq = try keys.bool("ipMasq", default: false)
        _ = try keys.choice("ipMasqBackend", default: MasqueradeBackend.nftables)
        mtu = try MTUSetting(keys)
        hairpin = try keys.bool("hairpinMode", default: false)
        promiscuous = try keys.bool("promiscMode", default: false)
        guard !(hairpin && promiscuous) else {
            throw keys.invalid("promiscMode", "it cannot be combined with hairpinMode: every frame would come twice")
        }
        vlans = try VLANs(keys)
        macSpoofCheck = try keys.bool("macspoofchk", default: false)
        detectDuplicates = try keys.bool("enabledad", default: false)
        containerInterfaceStaysDown = try keys.bool("disableContainerInterface", default: false)
        portIsolation = try keys.bool("portIsolation", default: false)
        let ipam = try configuration.ipam()
        hasIPAM = try !(ipam?.string("type") ?? "").isEmpty
        guard !(containerInterfaceStaysDown && hasIPAM) else {
            throw keys.invalid(
                "disableContainerInterface", "it cannot be combined with ipam: addresses need the interface up")
        }
        dns = try configuration.dns()
    }
}

/// `ipMasqBackend` is accepted for the sake of existing configurations: rules are always made through nf_tables.
private enum MasqueradeBackend: String, CaseIterable {
    case iptables, nftables
}

extension BridgeConfiguration.VLANs {
    init(_ keys: ConfigurationObject) throws(CNIError) {
        let number = try keys.integer("vlan", in: 0...4094, default: 0)
        native = number == 0 ? nil : UInt16(number)
        preservesDefault = try keys.bool("preserveDefaultVlan", default: false)
        trunk = []
        for entry in try keys.objects("vlanTrunk") {
            let single = try entry.integer("id", in: 1...4094)
            let first = try entry.integer("minID", in: 1...4094)
            let last = try entry.integer("maxID", in: 1...4094)
            switch (single, first, last) {
            case (let id?, nil, nil): trunk.append(BridgeVLAN(UInt16(id)))
            case (let id, let first?, let last?):
                guard first <= last else { throw entry.invalid("minID", "it must not be above maxID") }
                trunk.append(BridgeVLAN(UInt16(first), through: UInt16(last)))
                if let id { trunk.append(BridgeVLAN(UInt16(id))) }
            default: throw entry.invalid("minID", "an entry needs \"id\", or \"minID\" and \"maxID\"")
            }
        }
    }
}
