public import Addressing

/// What a selected value is compared with.
public enum Pattern: Hashable, Sendable {
    case equals(Field)
    case family(IPFamily)
    case within(IPNetwork)
    /// A link name that begins so: nft's `"veth*"`.
    case linkPrefix(String)
    /// A mark whose bits under `mask` are `value`.
    case masked(UInt32, mask: UInt32)
}

/// States of a packet's connection: `NF_CT_STATE_BIT`.
public struct ConnectionState: OptionSet, Hashable, Sendable, CustomStringConvertible {
    /// The bits.
    public let rawValue: UInt32

    /// The set of these bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// It belongs to no connection.
    public static let invalid = ConnectionState(rawValue: 1)
    /// Packets have been seen both ways.
    public static let established = ConnectionState(rawValue: 2)
    /// It opens a connection that another one announced, or reports an error of one.
    public static let related = ConnectionState(rawValue: 4)
    /// It opens a connection.
    public static let new = ConnectionState(rawValue: 8)
    /// It is not tracked.
    public static let untracked = ConnectionState(rawValue: 64)

    /// As nft(8) writes it.
    public var description: String {
        joined([
            contains(.invalid) ? "invalid" : "", contains(.established) ? "established" : "",
            contains(.related) ? "related" : "", contains(.new) ? "new" : "",
            contains(.untracked) ? "untracked" : "",
        ])
    }
}

/// What became of a connection so far: `IPS_` bits.
public struct ConnectionStatus: OptionSet, Hashable, Sendable, CustomStringConvertible {
    /// The bits.
    public let rawValue: UInt32

    /// The set of these bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// An answer was seen.
    public static let seenReply = ConnectionStatus(rawValue: 2)
    /// It is not dropped early when the table is full.
    public static let assured = ConnectionStatus(rawValue: 4)
    /// Its first packet left the host.
    public static let confirmed = ConnectionStatus(rawValue: 8)
    /// Its source was translated.
    public static let sourceNAT = ConnectionStatus(rawValue: 16)
    /// Its destination was translated.
    public static let destinationNAT = ConnectionStatus(rawValue: 32)

    /// As nft(8) writes it.
    public var description: String {
        joined([
            contains(.seenReply) ? "seen-reply" : "", contains(.assured) ? "assured" : "",
            contains(.confirmed) ? "confirmed" : "", contains(.sourceNAT) ? "snat" : "",
            contains(.destinationNAT) ? "dnat" : "",
        ])
    }
}

/// Which way a packet goes, seen from the connection's first one.
public enum ConnectionDirection: UInt8, Hashable, Sendable, CustomStringConvertible {
    case original = 0
    case reply = 1

    /// As nft(8) writes it.
    public var description: String { self == .original ? "original" : "reply" }
}

private func joined(_ words: [String]) -> String {
    var text = ""
    for word in words where !word.utf8.isEmpty { text += text.utf8.isEmpty ? word : ",\(word)" }
    return text
}
