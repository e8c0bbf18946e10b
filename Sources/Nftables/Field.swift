public import Addressing

/// One part of an element's key or value.
public enum Field: Hashable, Sendable {
    case address(IPAddress)
    case transport(TransportProtocol)
    case port(UInt16)
    case mark(UInt32)
    /// A link by name, at most 15 bytes; the kernel compares all 16 with the NULs.
    case link(String)
    case linkIndex(UInt32)
    case hardwareAddress(MACAddress)

    /// The type a set must have at this place.
    public var type: DataType {
        switch self {
        case .address(let address): .address(address.family)
        case .transport: .transport
        case .port: .port
        case .mark: .mark
        case .link: .linkName
        case .linkIndex: .linkIndex
        case .hardwareAddress: .hardwareAddress
        }
    }

    /// Equal as the kernel compares them: of one type, with the same bytes.
    @inline(never)
    public static func == (one: Field, other: Field) -> Bool { one.type == other.type && one.bytes == other.bytes }

    /// The bytes as the kernel compares them: network order for what the wire carries, host order for marks and indices.
    @inline(never)
    var bytes: [UInt8] {
        switch self {
        case .address(let address): return address.bytes
        case .transport(let transport): return [transport.number]
        case .port(let port): return [UInt8(port >> 8), UInt8(port & 0xFF)]
        case .mark(let value), .linkIndex(let value): return hostOrder(value)
        case .link(let name):
            var bytes = Array(name.utf8.prefix(15))
            bytes.append(contentsOf: repeatElement(0, count: 16 - bytes.count))
            return bytes
        case .hardwareAddress(let address): return address.bytes
        }
    }

    /// Reads one value of `type` from exactly its bytes; nil when there are too few.
    init?(_ type: DataType, _ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= type.byteCount else { return nil }
        let bytes = Array(bytes.prefix(type.byteCount))
        switch type {
        case .ipv4Address, .ipv6Address:
            guard let address = IPAddress(bytes: bytes) else { return nil }
            self = .address(address)
        case .hardwareAddress:
            guard let address = MACAddress(bytes: bytes) else { return nil }
            self = .hardwareAddress(address)
        case .transport: self = .transport(TransportProtocol(number: bytes[0]))
        case .port: self = .port(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        case .mark: self = .mark(fromHostOrder(bytes))
        case .linkIndex: self = .linkIndex(fromHostOrder(bytes))
        case .linkName: self = .link(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
}

extension Field: CustomStringConvertible {
    /// As nft(8) writes it in an element.
    @inline(never)
    public var description: String {
        switch self {
        case .address(let address): address.description
        case .transport(let transport): transport.description
        case .port(let port): "\(port)"
        case .mark(let mark): hexadecimal(mark)
        case .link(let name): quoted(name)
        case .linkIndex(let index): "\(index)"
        case .hardwareAddress(let address): address.description
        }
    }
}

/// A key or a value: one field, or several concatenated.
extension [Field] {
    var types: [DataType] { map { $0.type } }

    /// The bytes of the whole: padded to words only when there is more than one part.
    @inline(never)
    var bytes: [UInt8] {
        if count == 1 { return self[0].bytes }
        var bytes: [UInt8] = []
        for field in self {
            bytes.append(contentsOf: field.bytes)
            bytes.append(contentsOf: repeatElement(0, count: field.type.paddedByteCount - field.type.byteCount))
        }
        return bytes
    }

    /// Reads a key or value of `types`; nil when the bytes do not fill them.
    init?(_ types: [DataType], _ bytes: [UInt8]) {
        guard bytes.count >= types.byteCount else { return nil }
        var fields: [Field] = []
        var offset = 0
        for type in types {
            guard let field = Field(type, bytes[offset...]) else { return nil }
            fields.append(field)
            offset += type.paddedByteCount
        }
        self = fields
    }
}

/// The bytes of `value` as this machine keeps them.
func hostOrder(_ value: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<4 {
        let shift = UInt32(isLittleEndian ? index * 8 : 24 - index * 8)
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
    return bytes
}

/// The two bytes of `value` as this machine keeps them.
func hostOrder16(_ value: UInt16) -> [UInt8] {
    let high = UInt8(value >> 8)
    let low = UInt8(value & 0xFF)
    return isLittleEndian ? [low, high] : [high, low]
}

func fromHostOrder(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0
    for (index, byte) in bytes.prefix(4).enumerated() {
        value |= UInt32(byte) << UInt32(isLittleEndian ? index * 8 : 24 - index * 8)
    }
    return value
}

private var isLittleEndian: Bool { UInt32(1).littleEndian == 1 }
