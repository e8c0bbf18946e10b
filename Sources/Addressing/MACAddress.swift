/// A 48-bit link-layer address of an Ethernet interface (IEEE 802 EUI-48).
public struct MACAddress: Hashable, Sendable {
    /// The address as a number; the first byte on the wire is the most significant of the 48 bits.
    let bits: UInt64

    /// The address that six bytes stand for, in the order of the wire; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        bits = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    init(bits: UInt64) {
        self.bits = bits
    }

    /// A unicast address of the locally administered kind, made of the low 46 bits of `random`.
    public static func locallyAdministered(random: UInt64) -> MACAddress {
        // The two low bits of the first byte: individual/group, and universal/local.
        MACAddress(bits: random & 0xFCFF_FFFF_FFFF | 0x0200_0000_0000)
    }

    /// The six bytes in the order of the wire.
    public var bytes: [UInt8] {
        [40, 32, 24, 16, 8, 0].map { (shift: UInt64) in UInt8(truncatingIfNeeded: bits >> shift) }
    }

    /// Whether it names a group of stations, as broadcast does; no interface may carry such an address.
    public var isMulticast: Bool { bits >> 40 & 1 == 1 }

    /// Whether all bits are zero, which is how the kernel reports "none" (the loopback link).
    public var isZero: Bool { bits == 0 }
}

extension MACAddress: CustomStringConvertible {
    /// The address that `text` writes as `0a:58:0a:01:00:05`, `0a-58-0a-01-00-05` or `0a58.0a01.0005`, in either case.
    public init?(_ text: some StringProtocol) {
        var digits: [UInt8] = []
        var separators: [(position: Int, byte: UInt8)] = []
        for (position, byte) in text.utf8.enumerated() {
            guard position < 17 else { return nil }
            if let digit = hexadecimalValue(byte) {
                digits.append(digit)
            } else {
                separators.append((position, byte))
            }
        }
        guard digits.count == 12, let separator = separators.first?.byte else { return nil }
        let groupLength: Int
        switch separator {
        case UInt8(ascii: ":"), UInt8(ascii: "-"): groupLength = 2
        case UInt8(ascii: "."): groupLength = 4
        default: return nil
        }
        guard separators.count == 12 / groupLength - 1 else { return nil }
        for (index, found) in separators.enumerated() {
            guard found.byte == separator, found.position == (index + 1) * (groupLength + 1) - 1 else { return nil }
        }
        bits = digits.reduce(0) { $0 << 4 | UInt64($1) }
    }

    /// Six lower-case pairs of digits with colons, as the kernel and `ip` write it.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if !text.isEmpty { text.append(UInt8(ascii: ":")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
