internal import Addressing
internal import Nftables

/// What all attachments of a host share: tables, base chains, sets and their rules, as docs/nftables.md lays them out.
///
/// Every function adds what is missing and leaves what is right: the chains that are ours alone are flushed and filled again
/// in the same transaction, so that the outcome does not depend on what was there.
enum Layout {
    static let table = Table(.inet, "hawser")
    static let bridgeTable = Table(.bridge, "hawser")

    static let loopback = network(IPAddress(v4: 0x7f00_0000), 8)
    /// The bit that says "let it through" between two chains of the forward hook.
    static let admissionMark: UInt32 = 0x1000

    /// Adds what the elements of these sets stand in.
    static func add(for sets: [SharedSet], to transaction: inout Transaction) {
        let bridge = sets.contains { $0.kind.isOfBridgeTable }
        let inet = sets.contains { !$0.kind.isOfBridgeTable }
        if inet { addTable(to: &transaction) }
        if bridge { addBridgeTable(to: &transaction) }
    }

    /// Adds a subnet's chain and set, which are named by their content, and the way there.
    static func add(_ chain: SubnetChain, to transaction: inout Transaction) {
        transaction.add(SharedSet(chain).definition)
        fill(Chain(table, chain.name), chain.rules, in: &transaction)
        chain.gate.add(to: &transaction)
        transaction.add(chain.gate.entry(chain), to: chain.gate.map, exclusive: false)
    }

    static func network(_ address: IPAddress, _ prefixLength: Int) -> IPNetwork {
        guard let network = IPNetwork(address, prefixLength: prefixLength) else {
            preconditionFailure("a prefix length within the family's")
        }
        return network
    }

    /// Makes a chain, if it is missing, and gives it exactly these rules.
    static func fill(_ chain: Chain, _ rules: [[Statement]], in transaction: inout Transaction) {
        transaction.add(chain)
        transaction.append(.flushChain(chain.table, chain: chain.name))
        for statements in rules { transaction.add(Rule(chain.table, chain.name, statements)) }
    }

    private static func addTable(to transaction: inout Transaction) {
        transaction.add(table)
        for kind in SharedSet.Kind.allCases where !kind.isOfBridgeTable && !kind.isOfSubnet {
            for set in kind.hasFamily ? SharedSet.both(kind) : [SharedSet(kind)] { transaction.add(set.definition) }
        }
        // Jumped to by rules below, and filled by others: never flushed.
        for name in ["admin", "admin_chains", "conditions_v4", "conditions_v6"] { transaction.add(Chain(table, name)) }
        fill(
            base("guard", .filter, .prerouting, -300),
            [[.inputLink("lo", negated: true), .destination(loopback), .verdict(.drop)]], in: &transaction)
        for family in [IPFamily.v4, .v6] {
            let name = family == .v4 ? "ports_v4" : "ports_v6"
            fill(
                Chain(table, name), [[.verdict(.jump(conditions(family)))]] + translations(family, condition: ""),
                in: &transaction)
        }
        fill(base("prerouting", .nat, .prerouting, -100), localDestinations, in: &transaction)
        fill(base("output", .nat, .output, -100), localDestinations, in: &transaction)
        fill(base("forward", .filter, .forward, 0), forwarding, in: &transaction)
    }

    private static func addBridgeTable(to transaction: inout Transaction) {
        transaction.add(bridgeTable)
        for kind in SharedSet.Kind.allCases where kind.isOfBridgeTable { transaction.add(SharedSet(kind).definition) }
        fill(
            Chain(bridgeTable, "prerouting", base: Chain.Base(.filter, .prerouting, priority: -300)),
            [
                [
                    .lookup([.inputLink], set: SharedSet(.guarded).name, negated: false),
                    .lookup([.inputLink, .sourceHardware], set: SharedSet(.addresses).name, negated: true),
                    .verdict(.drop),
                ]
            ], in: &transaction)
        // Any source of a family stands for the family: `meta nfproto` is the bridge's own here.
        let isolated: [Statement] = [
            .lookup([.inputLink], set: SharedSet(.isolated).name, negated: false),
            .lookup([.outputLink], set: SharedSet(.isolated).name, negated: false),
        ]
        fill(
            Chain(bridgeTable, "forward", base: Chain.Base(.filter, .forward, priority: -200)),
            [
                isolated + [.source(network(IPAddress(v4: 0), 0)), .verdict(.drop)],
                isolated + [.source(network(IPAddress(v6: 0), 0)), .verdict(.drop)],
            ], in: &transaction)
    }

    private static func base(_ name: String, _ kind: Chain.Kind, _ hook: Chain.Hook, _ priority: Int32) -> Chain {
        Chain(table, name, base: Chain.Base(kind, hook, priority: priority))
    }

    static func conditions(_ family: IPFamily) -> String { family == .v4 ? "conditions_v4" : "conditions_v6" }

    /// The rules that look a published port up, in order of priority.
    static func translations(_ family: IPFamily, condition: String) -> [[Statement]] {
        func name(_ kind: SharedSet.Kind) -> String { SharedSet(kind, family, condition: condition).name }
        return [
            [
                .destinationNATMap(
                    family, [.destination(family), .transport, .destinationPort], map: name(.hostip), givesPort: true)
            ],
            [.destinationNATMap(family, [.transport, .destinationPort], map: name(.ports), givesPort: true)],
            [.destinationNATMap(family, [.transport, .destinationPort], map: name(.ranges), givesPort: false)],
        ]
    }

    private static var localDestinations: [[Statement]] {
        [
            [.family(.v4), .destinationIsLocal(negated: false), .verdict(.jump("ports_v4"))],
            [
                .destination(IPAddress(v6: 1), negated: true), .destinationIsLocal(negated: false),
                .verdict(.jump("ports_v6")),
            ],
        ]
    }

    private static var forwarding: [[Statement]] {
        let policy = SharedSet(.policyBridges).name
        return [
            [.verdict(.jump("admin"))],
            [.verdict(.jump("admin_chains"))],
            [.connectionState([.established, .related], negated: false), .verdict(.accept)],
            [.destinationWasTranslated, .verdict(.accept)],
            [
                .lookup([.inputLink, .outputLink], set: SharedSet(.sameBridge).name, negated: false),
                .verdict(.accept),
            ],
            [
                .lookup([.inputLink], set: policy, negated: false), .lookup([.outputLink], set: policy, negated: false),
                .verdict(.drop),
            ],
        ]
    }
}
