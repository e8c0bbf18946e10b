public import Addressing
internal import Nftables

/// Frames of a container must carry its own hardware address: the bridge plugin's `macspoofchk`.
public enum SpoofGuard {
    /// Where its elements stand.
    public static var sets: [SharedSet] { [SharedSet(.guarded), SharedSet(.addresses)] }

    /// The elements for a port of a bridge, by the name of the host's end, and the address allowed there.
    public static func elements(link: String, address: MACAddress) -> [FirewallElement] {
        [
            FirewallElement(SharedSet(.addresses), [.link(link), .hardwareAddress(address)]),
            FirewallElement(SharedSet(.guarded), [.link(link)]),
        ]
    }
}
