internal import Addressing
internal import LinuxSystem
internal import Nftables

/// What packets must be like to reach the published ports of a network: portmap's `conditionsV4` and `conditionsV6`.
public struct PortConditions: Hashable, Sendable {
    /// The network they belong to.
    public let network: String
    /// The words of the list for IPv4.
    public let ipv4: [String]
    /// The words of the list for IPv6.
    public let ipv6: [String]
    private let ipv4Statements: [Statement]
    private let ipv6Statements: [Statement]
    /// Keeps the network's maps apart from those of others, and of other conditions.
    let digest: String

    /// Reads the words of both lists, in the syntax of iptables or of nft; nil when there are none.
    ///
    /// Throws the first word that is not understood.
    public init?(network: String, ipv4: [String], ipv6: [String]) throws(ConditionError) {
        if ipv4.isEmpty, ipv6.isEmpty { return nil }
        self.network = network
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        ipv4Statements = try ConditionReader.statements(ipv4, .v4)
        ipv6Statements = try ConditionReader.statements(ipv6, .v6)
        var text = network
        for word in ipv4 { text += "\n4 \(word)" }
        for word in ipv6 { text += "\n6 \(word)" }
        digest = Digest.sha256Hex(text, digits: 16)
    }

    func statements(_ family: IPFamily) -> [Statement] { family == .v4 ? ipv4Statements : ipv6Statements }

    /// The chain that looks ports up for packets that meet the conditions.
    func chain(_ family: IPFamily) -> String { Self.chain(family, digest: digest) }

    static func chain(_ family: IPFamily, digest: String) -> String {
        "conditioned_\(family == .v4 ? "v4" : "v6")-\(digest)"
    }

    /// The sets that belong to these conditions alone.
    var sets: [SharedSet] { Self.sets(condition: digest) }

    static func sets(condition: String) -> [SharedSet] {
        var sets: [SharedSet] = []
        for kind in SharedSet.Kind.allCases where kind.canBeConditioned {
            sets.append(SharedSet(kind, .v4, condition: condition))
            sets.append(SharedSet(kind, .v6, condition: condition))
        }
        return sets
    }

    /// All that stands in front of the network's ports.
    var gate: Addition.Gate { Addition.Gate(chain: chain(.v4)) { transaction in add(to: &transaction) } }

    /// Adds the maps and the chains, and the rules that lead there: only when they are not there yet.
    func add(to transaction: inout Transaction) {
        for set in sets { transaction.add(set.definition) }
        for family in [IPFamily.v4, .v6] {
            Layout.fill(
                Chain(Layout.table, chain(family)), Layout.translations(family, condition: digest), in: &transaction)
            transaction.add(
                Rule(
                    Layout.table, Layout.conditions(family), statements(family) + [.verdict(.jump(chain(family)))],
                    comment: "\(digest) \(network)"))
        }
    }
}

/// A word of a list of conditions that is not understood.
public struct ConditionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The word, or the words joined, that cannot be read.
    public let token: String
    /// What would be.
    public let expected: String

    /// A sentence for a person.
    public var description: String { "\"\(token)\" is not understood: \(expected)" }
}
