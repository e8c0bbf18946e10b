internal import CLinuxABI
internal import Netlink

/// A rule as the kernel reported it.
public struct ObservedRule: Hashable, Sendable {
    /// The table of the chain.
    public let table: Table
    /// The chain's name.
    public let chain: String
    /// By which `Command.deleteRule` finds it.
    public let handle: UInt64
    /// What its userdata says; empty when nothing.
    public let comment: String
    /// Its expressions, in their order.
    public let parts: [Part]

    /// What one expression of a rule is, as far as anybody here asks.
    public enum Part: Hashable, Sendable {
        /// A decision.
        case verdict(Verdict)
        /// A lookup in a set or map of this name.
        case lookup(set: String)
        /// A comparison with these bytes.
        case comparison([UInt8])
        /// A match of the iptables compatibility layer with its private bytes.
        case extensionMatch(String, [UInt8])
        /// A target of the iptables compatibility layer with its private bytes.
        case extensionTarget(String, [UInt8])
        /// Anything else, by the kernel's name for it.
        case other(String)
    }

    /// Reads an `NFT_MSG_NEWRULE`; nil when it is none or broken.
    init?(_ message: MessageView) {
        guard let content = NftablesMessage(message, NFT_MSG_NEWRULE) else { return nil }
        var tableName = ""
        var chain = ""
        var handle: UInt64 = 0
        var comment = ""
        var parts: [Part] = []
        for attribute in content.attributes {
            switch attribute.type {
            case NFTA_RULE_TABLE: tableName = attribute.string
            case NFTA_RULE_CHAIN: chain = attribute.string
            case NFTA_RULE_HANDLE: handle = attribute.bigEndian() ?? 0
            case NFTA_RULE_USERDATA: comment = UserData.comment(in: attribute.content)
            case NFTA_RULE_EXPRESSIONS:
                for expression in attribute.nested { parts.append(Part(expression.nested)) }
            default: break
            }
        }
        guard let table = Table(observed: content.family, tableName), isObjectName(chain) else { return nil }
        self.table = table
        self.chain = chain
        self.handle = handle
        self.comment = comment
        self.parts = parts
    }

    /// The text of an iptables `-m comment`, where the rule has one.
    public var extensionComment: String? {
        for case .extensionMatch("comment", let bytes) in parts {
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return nil
    }

    /// The values that the rule compares parts of a packet with.
    public var comparisons: [[UInt8]] {
        var values: [[UInt8]] = []
        for case .comparison(let bytes) in parts { values.append(bytes) }
        return values
    }

    /// The chains the rule jumps or goes to.
    public var targets: [String] {
        var targets: [String] = []
        for case .verdict(let verdict) in parts { if let chain = verdict.chain { targets.append(chain) } }
        return targets
    }
}

extension ObservedRule.Part {
    /// Reads one expression's name and data.
    init(_ attributes: AttributeSequence) {
        let name = attributes.first(NFTA_EXPR_NAME.attribute)?.string ?? ""
        let data = attributes.first(NFTA_EXPR_DATA.attribute)?.nested ?? AttributeSequence([])
        switch name {
        case "immediate":
            let value = data.first(NFTA_IMMEDIATE_DATA.attribute)?.nested.first(NFTA_DATA_VERDICT.attribute)
            self = value.flatMap { Verdict($0.nested) }.map { .verdict($0) } ?? .other(name)
        case "cmp":
            let bytes = data.first(UInt16(NFTA_CMP_DATA.rawValue))?.nested.first(UInt16(NFTA_DATA_VALUE.rawValue))?
                .bytes
            self = bytes.map { .comparison($0) } ?? .other(name)
        case "lookup": self = .lookup(set: data.first(NFTA_LOOKUP_SET.attribute)?.string ?? "")
        case "match":
            self = .extensionMatch(
                data.first(NFTA_MATCH_NAME.attribute)?.string ?? "", data.first(NFTA_MATCH_INFO.attribute)?.bytes ?? [])
        case "target":
            self = .extensionTarget(
                data.first(NFTA_TARGET_NAME.attribute)?.string ?? "",
                data.first(NFTA_TARGET_INFO.attribute)?.bytes ?? [])
        default: self = .other(name)
        }
    }
}

extension Verdict {
    /// Reads the content of an `NFTA_DATA_VERDICT`; nil when it is broken or none of ours.
    init?(_ attributes: AttributeSequence) {
        guard let code: UInt32 = attributes.first(NFTA_VERDICT_CODE.attribute)?.bigEndian() else { return nil }
        self.init(
            code: Int32(bitPattern: code), chain: attributes.first(NFTA_VERDICT_CHAIN.attribute)?.string ?? "")
    }
}
