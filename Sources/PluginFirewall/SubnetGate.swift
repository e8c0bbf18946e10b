internal import Addressing
internal import LinuxSystem
internal import Nftables

/// The way to the chains of all subnets of one prefix length: a base chain, and the verdict map that it asks, of the same name.
///
/// A packet meets one gate for each length in use, however many subnets there are. The map has an element for each subnet: the
/// kernel goes through a whole verdict map whenever an element that jumps is added, so that addresses must not stand in one.
struct SubnetGate: Hashable, Sendable {
    let purpose: SubnetChain.Purpose
    let family: IPFamily
    let prefixLength: Int

    init(purpose: SubnetChain.Purpose, family: IPFamily, prefixLength: Int) {
        self.purpose = purpose
        self.family = family
        self.prefixLength = prefixLength
    }

    /// Reads a gate's name; nil for every other chain or map.
    init?(name: String) {
        for purpose in [SubnetChain.Purpose.masquerade, .hairpin] {
            for family in [IPFamily.v4, .v6] {
                let stem = Self.stem(purpose, family)
                guard hasPrefix(name, stem) else { continue }
                guard let length = Int(String(decoding: Array(name.utf8).dropFirst(stem.utf8.count), as: UTF8.self)),
                    (0...family.bitWidth).contains(length)
                else { return nil }
                self.init(purpose: purpose, family: family, prefixLength: length)
                return
            }
        }
        return nil
    }

    private static func stem(_ purpose: SubnetChain.Purpose, _ family: IPFamily) -> String {
        "\(purpose == .masquerade ? "masquerade" : "hairpin")\(family == .v4 ? "_v4_" : "_v6_")"
    }

    /// The name in the kernel: `masquerade_v4_16`.
    var name: String { "\(Self.stem(purpose, family))\(prefixLength)" }

    /// The verdict map: a subnet's first address, and the jump to its chain.
    var map: NamedSet { NamedSet(Layout.table, name, key: [.address(family)], value: .verdict, holdsIntervals: false) }

    /// The element that leads to a subnet's chain.
    func entry(_ chain: SubnetChain) -> Element {
        Element([.address(chain.subnet.address)], value: .verdict(.jump(chain.name)))
    }

    /// Adds the gate where it is missing.
    func add(to transaction: inout Transaction) {
        let ones = family == .v4 ? IPAddress(v4: .max) : IPAddress(v6: .max)
        let mask = Layout.network(ones, prefixLength).network.address
        let rule: [Statement] =
            switch purpose {
            case .masquerade: [.networkVerdictMap(.source(family), mask: mask, map: name)]
            case .hairpin: [.destinationWasTranslated, .networkVerdictMap(.destination(family), mask: mask, map: name)]
            }
        transaction.add(map)
        let base = Chain.Base(.nat, .postrouting, priority: 100)
        Layout.fill(Chain(Layout.table, name, base: base), [rule], in: &transaction)
    }
}
