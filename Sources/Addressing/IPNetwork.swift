/// An address with a prefix length, as `10.1.0.5/16`: a network, or an address in one.
///
/// Host bits are kept, since an interface address carries both.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    /// The address as written, host bits included.
    public let address: IPAddress
    /// Leading bits that name the network: 0 to 32, or 0 to 128.
    public let prefixLength: Int

    /// `address` with a prefix; `nil` when the prefix is longer than the family's addresses.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.family.bitWidth).contains(prefixLength) else { return nil }
        self.init(unchecked: address, prefixLength: prefixLength)
    }

    /// The network that `text` writes as address, slash and decimal prefix length; `nil` when anything is amiss.
    @inline(never)
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")), slash <= 45,
            let address = IPAddress(text: bytes[..<slash]),
            let prefixLength = parseDecimal(bytes[(slash + 1)...], limit: 3)
        else { return nil }
        self.init(address, prefixLength: prefixLength)
    }

    private init(unchecked address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// IPv4 or IPv6.
    public var family: IPFamily { address.family }

    /// The network with its host bits cleared.
    public var network: IPNetwork { IPNetwork(unchecked: first, prefixLength: prefixLength) }

    /// Whether no host bit is set.
    public var isNetwork: Bool { address == first }

    /// The lowest address: the network's own.
    public var first: IPAddress {
        IPAddress(bits: address.bits & mask, family: family)
    }

    /// The highest address: in IPv4 the broadcast address.
    public var last: IPAddress {
        IPAddress(bits: address.bits | (family.maximum & ~mask), family: family)
    }

    /// Whether `other` lies in this network; never across families.
    public func contains(_ other: IPAddress) -> Bool {
        other.family == family && other.bits & mask == address.bits & mask
    }

    /// Whether the two networks have an address in common.
    public func overlaps(_ other: IPNetwork) -> Bool {
        prefixLength <= other.prefixLength ? contains(other.address) : other.contains(address)
    }

    /// Address, slash, prefix length: `10.1.0.5/16`.
    @inline(never)
    public var description: String { "\(address)/\(prefixLength)" }

    private var mask: UInt128 { family.mask(prefixLength: prefixLength) }
}
