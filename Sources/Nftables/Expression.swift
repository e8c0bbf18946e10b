/// One instruction of the kernel's rule interpreter, working on registers.
///
/// The text is what `nft --debug=netlink` prints, so that both can be laid side by side.
enum Expression: Hashable, Sendable {
    /// Where a payload offset counts from: `NFT_PAYLOAD_*`.
    enum Header: UInt32 {
        case link = 0
        case network = 1
        case transport = 2
    }

    case metaLoad(Meta, Register)
    case metaSet(Meta, Register)
    case payload(Header, offset: UInt32, length: UInt32, Register)
    case connectionLoad(Connection, Register)
    case connectionSet(Connection, Register)
    case bitwise(Register, mask: [UInt8], xor: [UInt8])
    case compare(Register, equal: Bool, [UInt8])
    case lookup(Register, set: String, into: Register?, negated: Bool)
    case destinationType(Register)
    case reverseRoutePresent(Register)
    case data(Register, [UInt8])
    case verdict(Verdict)
    case counter
    case notrack
    case masquerade(flags: UInt32)
    case nat(NAT, TableFamily, address: Register, port: Register?, flags: UInt32)
    /// Port unreachable, of whichever ICMP the packet's family has.
    case reject
}

/// The number of a register.
///
/// `NFT_REG_1` to `NFT_REG_4` hold 16 bytes each; `NFT_REG32_00` to `_15` name four each of the same bytes.
struct Register: Hashable, Sendable {
    let number: UInt32

    static let first = Register(word: 0)
    static let second = Register(word: 4)
    /// `NFT_REG_VERDICT`: what is put here decides the packet's fate.
    static let verdict = Register(number: 0)

    private init(number: UInt32) {
        self.number = number
    }

    /// The register that begins at the 32-bit word `word`, numbered as nft(8) does: 128-bit ones where it is aligned.
    init(word: Int) {
        number = UInt32(word % 4 == 0 ? 1 + word / 4 : 8 + word)
    }
}

/// Packet facts the kernel keeps beside the packet: `NFT_META_*`.
enum Meta: UInt32 {
    case linkProtocol = 1
    case mark = 3
    case inputIndex = 4
    case outputIndex = 5
    case inputName = 6
    case outputName = 7
    case inputType = 8
    case family = 15
    case transport = 16
}

/// Facts of a packet's connection: `NFT_CT_*`.
enum Connection: UInt32 {
    case state = 0
    case direction = 1
    case status = 2
    case mark = 3
    case originalPort = 12
    case originalIPv4 = 20
    case originalIPv6 = 22
}

/// What a NAT expression translates: `NFT_NAT_*`.
enum NAT: UInt32 {
    case source = 0
    case destination = 1
}
