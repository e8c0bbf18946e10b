internal import Addressing
internal import LinuxSystem
internal import Nftables

/// A chain whose name says all that is in it, so that making it again is always right.
struct SubnetChain: Hashable, Sendable {
    /// What the chain does with a packet.
    enum Purpose: Hashable, Sendable {
        /// Masquerades what leaves the subnet.
        case masquerade
        /// Masquerades what comes from the subnet, or from this host's loopback, and was translated.
        case hairpin
        /// Masquerades everything that was translated.
        case hairpinAll
    }

    let purpose: Purpose
    let subnet: IPNetwork?

    static func masquerade(_ subnet: IPNetwork) -> SubnetChain {
        SubnetChain(purpose: .masquerade, subnet: subnet.network)
    }
    static func hairpin(_ subnet: IPNetwork) -> SubnetChain { SubnetChain(purpose: .hairpin, subnet: subnet.network) }
    static let hairpinAll = SubnetChain(purpose: .hairpinAll, subnet: nil)

    private init(purpose: Purpose, subnet: IPNetwork?) {
        self.purpose = purpose
        self.subnet = subnet
    }

    /// Reads a chain's name; nil for every other chain.
    init?(name: String) {
        if name == SubnetChain.hairpinAll.name {
            self = .hairpinAll
            return
        }
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
        guard let subnet else { return "hairpin-all" }
        var text = Array("\(purpose.prefix)\(subnet)".utf8)
        for index in text.indices where text[index] == UInt8(ascii: ":") { text[index] = UInt8(ascii: "-") }
        return String(decoding: text, as: UTF8.self)
    }

    /// The statements of each of its rules.
    var rules: [[Statement]] {
        guard let subnet else { return [[.masquerade]] }
        switch purpose {
        case .masquerade:
            return [
                [.destination(subnet), .verdict(.return)],
                [.destination(Self.multicast(subnet.family)), .verdict(.return)],
                [.masquerade],
            ]
        case .hairpin:
            let own: [[Statement]] = [[.source(subnet), .masquerade]]
            return subnet.family == .v4 ? own + [[.source(Layout.loopback), .masquerade]] : own
        case .hairpinAll: return [[.masquerade]]
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
