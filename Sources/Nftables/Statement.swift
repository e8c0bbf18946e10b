public import Addressing

/// A part of a rule in nft's words: a condition on the packet, or something done with it.
///
/// Conditions of one rule must all hold. Statements lower to `Expression`s, which are what the kernel runs.
public enum Statement: Hashable, Sendable {
    case match(Selector, Pattern, negated: Bool)
    /// Whether the selected values, concatenated, are in a set of the rule's table.
    case lookup([Selector], set: String, negated: Bool)
    /// Does what a verdict map says of the selected values; goes on when it says nothing.
    case verdictMap([Selector], map: String)
    /// A verdict by the network that an address belongs to, of one prefix length: `ip saddr & 255.255.0.0 vmap @map`.
    case networkVerdictMap(Selector, mask: IPAddress, map: String)
    /// At least one of the states; negated: none of them.
    case connectionState(ConnectionState, negated: Bool)
    /// At least one of the bits; negated: none of them.
    case connectionStatus(ConnectionStatus, negated: Bool)
    case connectionDirection(ConnectionDirection)
    /// The destination is one of this host's own addresses.
    case destinationIsLocal(negated: Bool)
    /// No route leads back to the source over the link the packet came in by.
    case sourceIsUnreachable
    case counter
    case notrack
    case setMark(UInt32, mask: UInt32)
    case setConnectionMark(UInt32, mask: UInt32)
    /// Translates the source to the address of the link the packet leaves by.
    case masquerade(fullyRandom: Bool)
    case sourceNAT(to: IPAddress)
    case destinationNAT(to: IPAddress, port: UInt16?)
    /// Translates the destination to what a map says of the selected values: an address, or an address and a port.
    case destinationNATMap(IPFamily, [Selector], map: String, givesPort: Bool)
    /// Answers with an ICMP error: port unreachable.
    case reject
    case verdict(Verdict)
}

extension Statement {
    /// The packet comes from `network`.
    public static func source(_ network: IPNetwork, negated: Bool = false) -> Statement {
        .match(.source(network.family), .within(network), negated: negated)
    }

    /// The packet goes to `network`.
    public static func destination(_ network: IPNetwork, negated: Bool = false) -> Statement {
        .match(.destination(network.family), .within(network), negated: negated)
    }

    /// The packet comes from `address`.
    public static func source(_ address: IPAddress, negated: Bool = false) -> Statement {
        .match(.source(address.family), .equals(.address(address)), negated: negated)
    }

    /// The packet goes to `address`.
    public static func destination(_ address: IPAddress, negated: Bool = false) -> Statement {
        .match(.destination(address.family), .equals(.address(address)), negated: negated)
    }

    /// The packet came in by the link of this name; a final `*` stands for any ending.
    public static func inputLink(_ name: String, negated: Bool = false) -> Statement {
        .match(.inputLink, linkPattern(name), negated: negated)
    }

    /// The packet leaves by the link of this name; a final `*` stands for any ending.
    public static func outputLink(_ name: String, negated: Bool = false) -> Statement {
        .match(.outputLink, linkPattern(name), negated: negated)
    }

    /// The packet is of this network protocol.
    public static func family(_ family: IPFamily) -> Statement {
        .match(.family, .family(family), negated: false)
    }

    /// The packet is of this transport protocol.
    public static func transport(_ transport: TransportProtocol, negated: Bool = false) -> Statement {
        .match(.transport, .equals(.transport(transport)), negated: negated)
    }

    /// The packet goes to this port of whichever transport it has.
    public static func destinationPort(_ port: UInt16, negated: Bool = false) -> Statement {
        .match(.destinationPort, .equals(.port(port)), negated: negated)
    }

    /// The packet comes from this port of whichever transport it has.
    public static func sourcePort(_ port: UInt16, negated: Bool = false) -> Statement {
        .match(.sourcePort, .equals(.port(port)), negated: negated)
    }

    /// The packet's mark, under `mask`, is `value`.
    public static func mark(_ value: UInt32, mask: UInt32 = .max, negated: Bool = false) -> Statement {
        .match(.mark, markPattern(value, mask), negated: negated)
    }

    /// The connection's mark, under `mask`, is `value`.
    public static func connectionMark(_ value: UInt32, mask: UInt32 = .max, negated: Bool = false) -> Statement {
        .match(.connectionMark, markPattern(value, mask), negated: negated)
    }

    /// The connection's destination was translated.
    public static let destinationWasTranslated = Statement.connectionStatus(.destinationNAT, negated: false)

    /// Masquerades with ports the kernel chooses.
    public static let masquerade = Statement.masquerade(fullyRandom: false)

    private static func linkPattern(_ name: String) -> Pattern {
        let bytes = Array(name.utf8)
        guard bytes.count > 1, bytes.last == UInt8(ascii: "*") else { return .equals(.link(name)) }
        return .linkPrefix(String(decoding: bytes.dropLast(), as: UTF8.self))
    }

    private static func markPattern(_ value: UInt32, _ mask: UInt32) -> Pattern {
        mask == .max ? .equals(.mark(value)) : .masked(value, mask: mask)
    }
}
