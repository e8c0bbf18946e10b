public import Addressing
internal import Nftables

/// Source translation of what containers send to the outside: the bridge plugin's `ipMasq`.
public enum Masquerade {
    /// Where its elements stand.
    public static var sets: [SharedSet] { SharedSet.both(.masquerade) }

    /// One element for each address of the container; what stays in the address's own subnet is not translated.
    public static func elements(for addresses: [IPNetwork]) -> [FirewallElement] {
        var elements: [FirewallElement] = []
        for network in addresses {
            elements.append(
                FirewallElement(
                    SharedSet(.masquerade, network.family), [.address(network.address)],
                    value: .verdict(.jump(SubnetChain.masquerade(network).name))))
        }
        return elements
    }
}
