internal import Addressing

/// Turns one rule's statements into the kernel's expressions, as nft(8) does.
///
/// Addresses and Ethernet headers are only read after a test that they are there; one test serves the whole rule.
struct Lowering {
    private let family: TableFamily
    private var expressions: [Expression] = []
    private var provenFamily: IPFamily?
    private var provenEthernet: Bool

    private init(_ family: TableFamily) {
        self.family = family
        provenFamily = family == .ipv4 ? .v4 : family == .ipv6 ? .v6 : nil
        provenEthernet = family == .bridge
    }

    /// The expressions of a rule in a table of `family`.
    static func expressions(_ statements: [Statement], in family: TableFamily) -> [Expression] {
        var lowering = Lowering(family)
        for statement in statements { lowering.lower(statement) }
        return lowering.expressions
    }

    private mutating func lower(_ statement: Statement) {
        switch statement {
        case .match(let selector, let pattern, let negated): match(selector, pattern, negated)
        case .lookup(let selectors, let set, let negated):
            load(selectors)
            expressions.append(.lookup(.first, set: set, into: nil, negated: negated))
        case .verdictMap(let selectors, let map):
            load(selectors)
            expressions.append(.lookup(.first, set: map, into: .verdict, negated: false))
        case .networkVerdictMap(let selector, let mask, let map):
            load([selector])
            let bytes = mask.bytes
            expressions.append(.bitwise(.first, mask: bytes, xor: [UInt8](repeating: 0, count: bytes.count)))
            expressions.append(.lookup(.first, set: map, into: .verdict, negated: false))
        case .connectionState(let state, let negated): anyBit(.state, state.rawValue, negated)
        case .connectionStatus(let status, let negated): anyBit(.status, status.rawValue, negated)
        case .connectionDirection(let direction):
            expressions.append(.connectionLoad(.direction, .first))
            expressions.append(.compare(.first, equal: true, [direction.rawValue]))
        case .destinationIsLocal(let negated):
            expressions.append(.destinationType(.first))
            expressions.append(.compare(.first, equal: !negated, hostOrder(Self.localRouteType)))
        case .sourceIsUnreachable:
            expressions.append(.reverseRoutePresent(.first))
            expressions.append(.compare(.first, equal: true, hostOrder(0)))
        case .counter: expressions.append(.counter)
        case .notrack: expressions.append(.notrack)
        case .setMark(let value, let mask):
            if mask != .max { expressions.append(.metaLoad(.mark, .first)) }
            assign(value, mask)
            expressions.append(.metaSet(.mark, .first))
        case .setConnectionMark(let value, let mask):
            if mask != .max { expressions.append(.connectionLoad(.mark, .first)) }
            assign(value, mask)
            expressions.append(.connectionSet(.mark, .first))
        case .masquerade(let fullyRandom):
            expressions.append(.masquerade(flags: fullyRandom ? Self.fullyRandom : 0))
        case .sourceNAT(let address): translate(.source, address, nil)
        case .destinationNAT(let address, let port): translate(.destination, address, port)
        case .destinationNATMap(let family, let selectors, let map, let givesPort):
            load(selectors)
            expressions.append(.lookup(.first, set: map, into: .first, negated: false))
            let port = givesPort ? Register(word: family.byteCount / 4) : nil
            expressions.append(.nat(.destination, TableFamily(family), address: .first, port: port, flags: 0))
        case .reject: expressions.append(.reject)
        case .verdict(let verdict): expressions.append(.verdict(verdict))
        }
    }

    // MARK: Conditions

    private mutating func match(_ selector: Selector, _ pattern: Pattern, _ negated: Bool) {
        prove(selector)
        switch pattern {
        case .equals(let field):
            load(selector, .first)
            expressions.append(.compare(.first, equal: !negated, field.bytes))
        case .family(let family):
            load(selector, .first)
            expressions.append(.compare(.first, equal: !negated, [TableFamily(family).rawValue]))
            if !negated { provenFamily = family }
        case .linkPrefix(let prefix):
            load(selector, .first)
            expressions.append(.compare(.first, equal: !negated, Array(prefix.utf8.prefix(15))))
        case .masked(let value, let mask):
            load(selector, .first)
            expressions.append(.bitwise(.first, mask: hostOrder(mask), xor: hostOrder(0)))
            expressions.append(.compare(.first, equal: !negated, hostOrder(value)))
        case .within(let network): within(selector, network, negated)
        }
    }

    /// Whole bytes of prefix are compared alone; bits beyond them are masked out first.
    private mutating func within(_ selector: Selector, _ network: IPNetwork, _ negated: Bool) {
        let bytes = network.first.bytes
        let whole = network.prefixLength / 8
        if whole > 0, network.prefixLength % 8 == 0,
            case .payload(let header, let offset, _, let register) = selector.load(.first)
        {
            expressions.append(.payload(header, offset: offset, length: UInt32(whole), register))
            expressions.append(.compare(.first, equal: !negated, Array(bytes.prefix(whole))))
            return
        }
        load(selector, .first)
        var mask = [UInt8](repeating: 0, count: bytes.count)
        for index in 0..<bytes.count {
            let bits = network.prefixLength - index * 8
            mask[index] = bits >= 8 ? 0xFF : bits <= 0 ? 0 : ~(0xFF >> UInt8(bits))
        }
        expressions.append(.bitwise(.first, mask: mask, xor: [UInt8](repeating: 0, count: mask.count)))
        expressions.append(.compare(.first, equal: !negated, bytes))
    }

    private mutating func anyBit(_ key: Connection, _ bits: UInt32, _ negated: Bool) {
        expressions.append(.connectionLoad(key, .first))
        expressions.append(.bitwise(.first, mask: hostOrder(bits), xor: hostOrder(0)))
        expressions.append(.compare(.first, equal: negated, hostOrder(0)))
    }

    // MARK: Registers

    /// Loads the selected values one behind the other, each from a 32-bit word on.
    private mutating func load(_ selectors: [Selector]) {
        for selector in selectors { prove(selector) }
        var word = 0
        for selector in selectors {
            load(selector, Register(word: word))
            word += (selector.type?.paddedByteCount ?? 4) / 4
        }
    }

    private mutating func load(_ selector: Selector, _ register: Register) {
        expressions.append(selector.load(register))
    }

    /// Tests what must be true of a packet before `selector` reads it.
    private mutating func prove(_ selector: Selector) {
        if let wanted = selector.family, wanted != provenFamily {
            if family == .bridge {
                expressions.append(.metaLoad(.linkProtocol, .first))
                expressions.append(.compare(.first, equal: true, wanted == .v4 ? [0x08, 0x00] : [0x86, 0xDD]))
            } else {
                expressions.append(.metaLoad(.family, .first))
                expressions.append(.compare(.first, equal: true, [TableFamily(wanted).rawValue]))
            }
            provenFamily = wanted
        }
        if selector.needsEthernet, !provenEthernet {
            expressions.append(.metaLoad(.inputType, .first))
            expressions.append(.compare(.first, equal: true, hostOrder16(Self.ethernetLinkType)))
            provenEthernet = true
        }
    }

    // MARK: Actions

    /// The first register, holding the old mark when `mask` leaves bits of it, becomes the new mark.
    private mutating func assign(_ value: UInt32, _ mask: UInt32) {
        if mask == .max {
            expressions.append(.data(.first, hostOrder(value)))
        } else {
            expressions.append(.bitwise(.first, mask: hostOrder(~mask), xor: hostOrder(value & mask)))
        }
    }

    private mutating func translate(_ what: NAT, _ address: IPAddress, _ port: UInt16?) {
        expressions.append(.data(.first, address.bytes))
        if let port { expressions.append(.data(.second, Field.port(port).bytes)) }
        let portRegister: Register? = port == nil ? nil : .second
        let flags = port == nil ? 0 : Self.portSpecified
        expressions.append(.nat(what, TableFamily(address.family), address: .first, port: portRegister, flags: flags))
    }

    /// `RTN_LOCAL`.
    private static let localRouteType: UInt32 = 2
    /// `ARPHRD_ETHER`.
    private static let ethernetLinkType: UInt16 = 1
    /// `NF_NAT_RANGE_PROTO_SPECIFIED`.
    private static let portSpecified: UInt32 = 2
    /// `NF_NAT_RANGE_PROTO_RANDOM_FULLY`.
    private static let fullyRandom: UInt32 = 16
}

extension Selector {
    /// The expression that puts the selected value into a register.
    ///
    /// Offsets: RFC 791, RFC 8200, RFC 9293, IEEE 802.3.
    func load(_ register: Register) -> Expression {
        switch self {
        case .family: .metaLoad(.family, register)
        case .transport: .metaLoad(.transport, register)
        case .source(.v4): .payload(.network, offset: 12, length: 4, register)
        case .destination(.v4): .payload(.network, offset: 16, length: 4, register)
        case .source(.v6): .payload(.network, offset: 8, length: 16, register)
        case .destination(.v6): .payload(.network, offset: 24, length: 16, register)
        case .sourcePort: .payload(.transport, offset: 0, length: 2, register)
        case .destinationPort: .payload(.transport, offset: 2, length: 2, register)
        case .inputLink: .metaLoad(.inputName, register)
        case .outputLink: .metaLoad(.outputName, register)
        case .inputLinkIndex: .metaLoad(.inputIndex, register)
        case .outputLinkIndex: .metaLoad(.outputIndex, register)
        case .mark: .metaLoad(.mark, register)
        case .connectionMark: .connectionLoad(.mark, register)
        case .originalDestination(.v4): .connectionLoad(.originalIPv4, register)
        case .originalDestination(.v6): .connectionLoad(.originalIPv6, register)
        case .originalDestinationPort: .connectionLoad(.originalPort, register)
        case .destinationHardware: .payload(.link, offset: 0, length: 6, register)
        case .sourceHardware: .payload(.link, offset: 6, length: 6, register)
        }
    }
}
