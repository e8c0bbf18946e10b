/// The two families of Internet addresses.
public enum IPFamily: UInt8, Sendable, Hashable, CustomStringConvertible {
    /// IPv4, RFC 791.
    case v4
    /// IPv6, RFC 8200.
    case v6

    /// Bits in an address: 32 or 128.
    public var bitWidth: Int { self == .v4 ? 32 : 128 }

    /// Bytes in an address: 4 or 16.
    public var byteCount: Int { self == .v4 ? 4 : 16 }

    /// The word for messages: "IPv4" or "IPv6".
    public var description: String { self == .v4 ? "IPv4" : "IPv6" }

    /// The highest address, as a number.
    var maximum: UInt128 { self == .v4 ? UInt128(UInt32.max) : UInt128.max }

    /// The network mask of a prefix, as a number; `prefixLength` must lie in `0...bitWidth`.
    func mask(prefixLength: Int) -> UInt128 {
        // Shifting by the full width gives 0, which is the mask of /0.
        (maximum << UInt128(bitWidth - prefixLength)) & maximum
    }
}
