internal import Addressing
internal import LinuxSystem
internal import Nftables

/// A chain for the containers of a subnet, and the set of their addresses, which has the same name.
///
/// The name says all that is in the chain, so that making it again is always right. A `SubnetGate` leads here.
struct SubnetChain: Hashable, Sendable {
    /// What the chain does with a packet.
    enum Purpose: Hashable, Sendable {
        /// Masquerades what leaves the subnet.
        case masquerade
        /// Masquerades what comes from the subnet, or from this host's loopback, and was translated.
        case hairpin
    }

    let purpose: Purpose
    let subnet: IPNetwork

    static func masquerade(_ subnet: IPNetwork) -> SubnetChain {
        SubnetChain(purpose: .masquerade, subnet: subnet.network)
    }
    static func hairpin(_ subnet: IPNetwork) -> SubnetChain { SubnetChain(purpose: .hairpin, subnet: subnet.network) }
    /// Everything that was translated is masqueraded, wherever it comes from.
    static func hairpinAll(_ family: IPFamily) -> SubnetChain {
        hairpin(Layout.network(family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0), 0))
    }

    private init(purpose: Purpose, subnet: IPNetwork) {
        self.purpose = purpose
        self.subnet = subnet
    }

    /// Reads a chain's name; nil for every other chain.
    init?(name: String) {
        for purpose in [Purpose.masquerade, .hairpin] where hasPrefix(name, purpose.prefix) {
            var text = Array(Array(name.utf8).dropFirst(purpose.prefix.utf8.count))
            for index in text.indices where text[index] == UInt8(ascii: "-") { text[index] = UInt8(ascii: ":") }
            guard let subnet = IPNetwork(String(decoding: text, as: UTF8.self)), subnet.isNetwork else { return nil }
            self.init(purpose: purpose, subnet: subnet)
            return
        }
        return nil
    }

    /// The name in the kernel; nft takes no colon there, so that `-` stands for it.
    var name: String {
        var text = Array("\(purpose.prefix)\(subnet)".utf8)
        for index in text.indices where text[index] == UInt8(ascii: ":") { text[index] = UInt8(ascii: "-") }
        return String(decoding: text, as: UTF8.self)
    }

    /// What leads here.
    var gate: SubnetGate { SubnetGate(purpose: purpose, family: subnet.family, prefixLength: subnet.prefixLength) }

    /// The statements of each of its rules.
    var rules: [[Statement]] {
        switch purpose {
        case .masquerade:
            return [
                [.destination(subnet), .verdict(.return)],
                [.destination(Self.multicast(subnet.family)), .verdict(.return)],
                [.lookup([.source(subnet.family)], set: name, negated: false), .masquerade],
            ]
        case .hairpin:
            let own: Statement = .lookup([.destination(subnet.family)], set: name, negated: false)
            let near = [own, .source(subnet), .masquerade]
            return subnet.family == .v4 ? [near, [own, .source(Layout.loopback), .masquerade]] : [near]
        }
    }

    private static func multicast(_ family: IPFamily) -> IPNetwork {
        family == .v4
            ? Layout.network(IPAddress(v4: 0xe000_0000), 4) : Layout.network(IPAddress(v6: 0xff << 120), 8)
    }
}

extension SubnetChain.Purpose {
    var prefix: String { self == .masquerade ? "masquerade-" : "hairpin-" }
}
