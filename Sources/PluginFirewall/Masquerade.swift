public import Addressing
internal import LinuxSystem
internal import Nftables

/// Source translation of what containers send to the outside: the bridge plugin's `ipMasq`.
public enum Masquerade {
    /// One element for each address of the container; what stays in the address's own subnet is not translated.
    public static func elements(for addresses: [IPNetwork]) -> [FirewallElement] {
        var elements: [FirewallElement] = []
        for network in addresses {
            elements.append(
                FirewallElement(SharedSet(SubnetChain.masquerade(network)), [.address(network.address)]))
        }
        return elements
    }
}

extension Firewall {
    /// The sets in which an attachment of any network may be masqueraded.
    public mutating func masqueradeSets() throws(FirewallError) -> [SharedSet] {
        try observedSets { $0.kind == .masquerade }
    }

    /// Those of our sets that are there.
    mutating func observedSets(where isMeant: (SharedSet) -> Bool) throws(FirewallError) -> [SharedSet] {
        let names = try system { () throws(SystemError) in try self.socket.setNames(in: Layout.table) }
        var sets: [SharedSet] = []
        for name in names { if let known = SharedSet(name: name), isMeant(known) { sets.append(known) } }
        return sets
    }
}
