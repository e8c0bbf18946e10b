/// An IPv4 or IPv6 address without a zone.
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) stays IPv6: it is another address than `192.0.2.1` on the wire.
public struct IPAddress: Hashable, Sendable {
    /// The address as a number; an IPv4 address stands in the low 32 bits.
    public let bits: UInt128
    /// IPv4 or IPv6.
    public let family: IPFamily

    /// The IPv4 address with this value, most significant byte first: `0x7F00_0001` is `127.0.0.1`.
    public init(v4: UInt32) {
        bits = UInt128(v4)
        family = .v4
    }

    /// The IPv6 address with this value, most significant byte first: 1 is `::1`.
    public init(v6: UInt128) {
        bits = v6
        family = .v6
    }

    /// The address that 4 or 16 bytes in network order stand for; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        var value: UInt128 = 0
        for byte in bytes { value = value << 8 | UInt128(byte) }
        switch bytes.count {
        case 4: self.init(bits: value, family: .v4)
        case 16: self.init(bits: value, family: .v6)
        default: return nil
        }
    }

    /// Whether family and number are the same.
    @inline(never)
    public static func == (left: IPAddress, right: IPAddress) -> Bool {
        left.bits == right.bits && left.family == right.family
    }

    init(bits: UInt128, family: IPFamily) {
        self.bits = bits
        self.family = family
    }

    /// The address in network order: 4 or 16 bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(family.byteCount)
        var shift = family.bitWidth
        while shift > 0 {
            shift -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt128(shift)))
        }
        return result
    }

    /// The address `distance` further on; `nil` when that leaves the family's range.
    public func advanced(by distance: Int) -> IPAddress? {
        let step = UInt128(distance.magnitude)
        let (value, overflow) =
            distance < 0 ? bits.subtractingReportingOverflow(step) : bits.addingReportingOverflow(step)
        guard !overflow, value <= family.maximum else { return nil }
        return IPAddress(bits: value, family: family)
    }
}

extension IPAddress {
    /// Whether it is in 127.0.0.0/8, or is `::1`.
    public var isLoopback: Bool { family == .v4 ? bits >> 24 == 127 : bits == 1 }

    /// Whether it is in 224.0.0.0/4 or ff00::/8.
    public var isMulticast: Bool { family == .v4 ? bits >> 28 == 0xE : bits >> 120 == 0xFF }

    /// Whether it is in 169.254.0.0/16 or fe80::/10.
    public var isLinkLocal: Bool { family == .v4 ? bits >> 16 == 0xA9FE : bits >> 118 == 0xFE80 >> 6 }

    /// Whether it is `0.0.0.0` or `::`.
    public var isUnspecified: Bool { bits == 0 }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by value.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.bits < right.bits : left.family == .v4
    }
}
