public import Addressing

/// What one part of a set's key or a map's value is: nft's data type, with the number nft(8) keeps for it in the kernel.
///
/// The kernel only stores the number (`NFTA_SET_KEY_TYPE`); listings need it to print elements in words.
public enum DataType: UInt32, Hashable, Sendable, CustomStringConvertible {
    case ipv4Address = 7
    case ipv6Address = 8
    case hardwareAddress = 9
    case transport = 12
    case port = 13
    case mark = 19
    case linkIndex = 20
    case linkName = 41

    /// The address type of `family`.
    public static func address(_ family: IPFamily) -> DataType {
        family == .v4 ? .ipv4Address : .ipv6Address
    }

    /// The word nft(8) uses.
    public var description: String {
        switch self {
        case .ipv4Address: "ipv4_addr"
        case .ipv6Address: "ipv6_addr"
        case .hardwareAddress: "ether_addr"
        case .transport: "inet_proto"
        case .port: "inet_service"
        case .mark: "mark"
        case .linkIndex: "iface_index"
        case .linkName: "ifname"
        }
    }

    /// Bytes of a value standing alone.
    var byteCount: Int {
        switch self {
        case .transport: 1
        case .port: 2
        case .ipv4Address, .mark, .linkIndex: 4
        case .hardwareAddress: 6
        case .ipv6Address, .linkName: 16
        }
    }

    /// Bytes of a value in a register or a concatenation: whole 32-bit words.
    var paddedByteCount: Int { (byteCount + 3) & ~3 }

    /// `NFTNL_UDATA_SET_KEYBYTEORDER` as nft(8) writes it: 1 host, 2 big-endian, 0 where a byte has no order.
    var byteOrder: UInt32 {
        switch self {
        case .transport: 0
        case .mark, .linkIndex, .linkName: 1
        case .ipv4Address, .ipv6Address, .hardwareAddress, .port: 2
        }
    }
}

/// A key or a value: one data type, or several concatenated.
extension [DataType] {
    /// The bytes of a whole key: padded to words only when there is more than one part.
    var byteCount: Int {
        if count == 1 { return self[0].byteCount }
        var total = 0
        for type in self { total += type.paddedByteCount }
        return total
    }

    /// The number nft(8) keeps for the concatenation: six bits a part (`TYPE_BITS`), the first part highest.
    var typeNumber: UInt32 {
        var number: UInt32 = 0
        for type in self { number = number << 6 | type.rawValue }
        return number
    }

    var byteOrder: UInt32 { count == 1 ? self[0].byteOrder : 0 }

    /// As nft(8) writes it: `inet_proto . inet_service`.
    var text: String {
        var text = ""
        for (index, type) in enumerated() { text += index == 0 ? "\(type)" : " . \(type)" }
        return text
    }
}
