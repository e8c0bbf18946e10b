import Addressing
import CNI
import PluginFirewall
import RouteNetlink

/// The keys of firewall: README.md describes each.
struct FirewallConfiguration {
    /// Who may reach the containers.
    let policy: IngressPolicy
    /// A chain of the administrator's beside `admin`; nil for none.
    let adminChain: String?
    /// What is accepted and has no effect here, for standard error.
    let warnings: [String]

    /// Where nothing is asked for.
    init() {
        policy = .open
        adminChain = nil
        warnings = []
    }

    init(_ configuration: NetworkConfiguration) throws(CNIError) {
        let keys = configuration.keys
        // Every backend means the same here: all rules are nf_tables'.
        let backend = try keys.choice("backend", default: Backend.none)
        let zone = try keys.string("firewalldZone", default: "")
        warnings =
            backend == .firewalld || !zone.isEmpty
            ? ["firewalld is not told of containers: see \"firewalldZone\" in the plugin's README"] : []
        policy = try keys.choice("ingressPolicy", default: IngressPolicy.open)
        let chain = try keys.string("iptablesAdminChainName", default: "")
        guard Self.isChainName(chain) else {
            throw keys.invalid(
                "iptablesAdminChainName",
                "it must be 1 to 28 letters, digits, '_', '-' or '.', begin with a letter, "
                    + "and not be the name of a chain of ours")
        }
        adminChain = chain.isEmpty || chain == Self.referenceAdminChain ? nil : chain
    }

    /// What the attachment of this result needs.
    func permission(for result: CNIResult) throws(CNIError) -> ForwardPermission {
        var bridge = ""
        var port = ""
        for interface in result.interfaces where interface.sandbox.isEmpty {
            if bridge.isEmpty { bridge = interface.name } else if port.isEmpty { port = interface.name }
        }
        if policy != .open, bridge.isEmpty {
            throw .invalidConfiguration(
                "\"ingressPolicy\" needs a bridge: \"prevResult\" lists no interface of the host")
        }
        // Only these policies tell nf_tables of links; others pass over what is no name.
        for name in [bridge, port] where policy != .open && !name.isEmpty && LinkName(name) == nil {
            throw .invalidConfiguration("\"prevResult.interfaces\": \"\(name)\" is not the name of an interface")
        }
        var addresses: [IPAddress] = []
        for address in result.addresses where !addresses.contains(address.address.address) {
            addresses.append(address.address.address)
        }
        return ForwardPermission(addresses: addresses, policy: policy, bridge: bridge, port: port)
    }

    private enum Backend: String, CaseIterable {
        case none = ""
        case iptables
        case nftables
        case firewalld
    }

    /// The reference's default, which means `admin` here.
    private static let referenceAdminChain = "CNI-ADMIN"

    private static func isChainName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return true }
        guard name.utf8.count <= 28, isLetter(first) else { return false }
        for byte in name.utf8 where !isLetter(byte) && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            if byte != UInt8(ascii: "_"), byte != UInt8(ascii: "-"), byte != UInt8(ascii: ".") { return false }
        }
        return !Firewall.isOwnChain(name)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
