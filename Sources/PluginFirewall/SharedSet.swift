internal import Addressing
internal import Nftables

/// A set or map of the tables, known by its name (docs/nftables.md lists them).
public struct SharedSet: Hashable, Sendable, CustomStringConvertible {
    /// What a set is for.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Source addresses of a subnet whose traffic to the outside is masqueraded.
        case masquerade
        /// Containers of a subnet whose published ports are reached from there.
        case hairpin
        /// Published ports of any address.
        case ports
        /// Published ports of one address of the host.
        case hostip
        /// Published ranges of ports.
        case ranges
        /// How many elements of `hostip` use a port.
        case claims = "hostip_claims"
        /// Addresses whose forwarded packets other filters are asked to let through.
        case allowed
        /// Bridges with an ingress policy.
        case policyBridges = "policy_bridges"
        /// Bridges within which containers may talk.
        case sameBridge = "same_bridge"
        /// Links whose source address is checked.
        case guarded
        /// Links and the source address they may use.
        case addresses
        /// Links that may not talk to each other.
        case isolated
    }

    let kind: Kind
    let family: IPFamily?
    /// The digest that keeps a network with conditions apart; empty for what all networks share.
    let condition: String
    /// The chain that asks for it, of a set that belongs to a subnet.
    let chain: SubnetChain?

    @inline(never)
    init(_ kind: Kind, _ family: IPFamily? = nil, condition: String = "") {
        self.kind = kind
        self.family = family
        self.condition = condition
        chain = nil
    }

    /// The set of a subnet.
    @inline(never)
    init(_ chain: SubnetChain) {
        kind = chain.purpose == .masquerade ? .masquerade : .hairpin
        family = chain.subnet.family
        condition = ""
        self.chain = chain
    }

    /// Reads the name of a set as it stands in the kernel.
    public init?(name: String) {
        if let chain = SubnetChain(name: name) {
            self.init(chain)
            return
        }
        var stem = Array(name.utf8)
        var condition = ""
        if let dash = stem.firstIndex(of: UInt8(ascii: "-")) {
            condition = String(decoding: stem[(dash + 1)...], as: UTF8.self)
            stem.removeSubrange(dash...)
            if condition.utf8.count != 16 { return nil }
        }
        var family: IPFamily?
        if stem.suffix(3).elementsEqual("_v4".utf8) { family = .v4 }
        if stem.suffix(3).elementsEqual("_v6".utf8) { family = .v6 }
        if family != nil { stem.removeLast(3) }
        guard let kind = Kind(rawValue: String(decoding: stem, as: UTF8.self)), kind.hasFamily == (family != nil),
            condition.utf8.isEmpty || kind.canBeConditioned, !kind.isOfSubnet
        else { return nil }
        self.init(kind, family, condition: condition)
    }

    /// The name in the kernel: `ports_v4`, `same_bridge`, `ports_v4-0123456789abcdef`, `masquerade-10.1.0.0/16`.
    @inline(never)
    public var name: String {
        if let chain { return chain.name }
        var name = kind.rawValue
        if let family { name += family == .v4 ? "_v4" : "_v6" }
        if !condition.utf8.isEmpty { name += "-\(condition)" }
        return name
    }

    /// The same as `name`.
    public var description: String { name }

    @inline(never)
    var table: Table { kind.isOfBridgeTable ? Layout.bridgeTable : Layout.table }

    /// The set as nf_tables is told of it.
    @inline(never)
    var definition: NamedSet {
        NamedSet(table, name, key: key, value: value, holdsIntervals: kind == .ranges)
    }

    /// The types of an element's key.
    var key: [DataType] {
        let address = DataType.address(family ?? .v4)
        return switch kind {
        case .masquerade, .hairpin, .allowed: [address]
        case .ports, .ranges, .claims: [.transport, .port]
        case .hostip: [address, .transport, .port]
        case .policyBridges, .guarded, .isolated: [.linkName]
        case .sameBridge: [.linkName, .linkName]
        case .addresses: [.linkName, .hardwareAddress]
        }
    }

    /// What a lookup gives.
    var value: NamedSet.Value {
        let address = DataType.address(family ?? .v4)
        return switch kind {
        case .ports, .hostip: .data([address, .port])
        case .ranges: .data([address])
        case .claims: .data([.mark])
        case .masquerade, .hairpin, .allowed, .policyBridges, .sameBridge, .guarded, .addresses, .isolated: .none
        }
    }

    /// Both families of a kind.
    static func both(_ kind: Kind) -> [SharedSet] { [SharedSet(kind, .v4), SharedSet(kind, .v6)] }
}

extension SharedSet.Kind {
    var hasFamily: Bool {
        switch self {
        case .masquerade, .hairpin, .ports, .hostip, .ranges, .claims, .allowed: true
        case .policyBridges, .sameBridge, .guarded, .addresses, .isolated: false
        }
    }

    /// Whether each subnet has one of its own.
    var isOfSubnet: Bool { self == .masquerade || self == .hairpin }

    var isOfBridgeTable: Bool { self == .guarded || self == .addresses || self == .isolated }

    var canBeConditioned: Bool { self == .ports || self == .hostip || self == .ranges || self == .claims }

    /// Whether a key can have one owner only because it is a port that two containers may want.
    var isContested: Bool { self == .ports || self == .hostip || self == .ranges }
}
