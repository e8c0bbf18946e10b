/// One change of the rule set.
public enum Command: Hashable, Sendable {
    case addTable(Table, comment: String)
    case addChain(Chain)
    case addSet(NamedSet)
    /// Elements of one set. Exclusive: an element that is there already is refused with EEXIST, even when it is equal.
    case addElements([Element], NamedSet, exclusive: Bool)
    /// A rule at the end of its chain.
    case addRule(Rule)
    /// A rule at the head of its chain.
    case insertRule(Rule)
    case deleteElements([Element], NamedSet)
    case deleteRule(Table, chain: String, handle: UInt64)
    /// Removes a chain's rules, not the chain.
    case flushChain(Table, chain: String)
    /// Removes a set's elements, not the set.
    case flushSet(Table, set: String)
    /// Refused with EBUSY while rules or elements lead to the chain. Its own rules go with it.
    case deleteChain(Table, chain: String)
    case deleteSet(Table, set: String)
    case deleteTable(Table)
}

extension Command: CustomStringConvertible {
    /// As nft(8) reads it from a file.
    public var description: String { "\(head)\(body)" }

    /// The command and the object it is about.
    private var head: String {
        switch self {
        case .addTable(let table, _): "add table \(table)"
        case .addChain(let chain): "add chain \(chain)"
        case .addSet(let set): "add \(set.word) \(set)"
        case .addElements(let elements, let set, let exclusive):
            "\(exclusive ? "create" : "add") element \(set) { \(list(elements) { $0.description }) }"
        case .addRule(let rule): "add rule \(rule.table) \(rule.chain)"
        case .insertRule(let rule): "insert rule \(rule.table) \(rule.chain)"
        case .deleteElements(let elements, let set): "delete element \(set) { \(list(elements) { $0.keyText }) }"
        case .deleteRule(let table, let chain, let handle): "delete rule \(table) \(chain) handle \(handle)"
        case .flushChain(let table, let chain): "flush chain \(table) \(chain)"
        case .flushSet(let table, let set): "flush set \(table) \(set)"
        case .deleteChain(let table, let chain): "delete chain \(table) \(chain)"
        case .deleteSet(let table, let set): "delete set \(table) \(set)"
        case .deleteTable(let table): "delete table \(table)"
        }
    }

    /// What is said of a new object.
    private var body: String {
        switch self {
        case .addTable(_, let comment): comment.utf8.isEmpty ? "" : " { comment \(quoted(comment)) ; }"
        case .addChain(let chain): chain.body
        case .addSet(let set): set.body
        case .addRule(let rule), .insertRule(let rule): rule.body
        default: ""
        }
    }

    /// The message the kernel is sent, for errors.
    var messageName: String {
        switch self {
        case .addTable: "NFT_MSG_NEWTABLE"
        case .addChain: "NFT_MSG_NEWCHAIN"
        case .addSet: "NFT_MSG_NEWSET"
        case .addElements: "NFT_MSG_NEWSETELEM"
        case .addRule, .insertRule: "NFT_MSG_NEWRULE"
        case .deleteElements, .flushSet: "NFT_MSG_DELSETELEM"
        case .deleteRule, .flushChain: "NFT_MSG_DELRULE"
        case .deleteChain: "NFT_MSG_DELCHAIN"
        case .deleteSet: "NFT_MSG_DELSET"
        case .deleteTable: "NFT_MSG_DELTABLE"
        }
    }

    /// Whether something is not there afterwards that was there before.
    var isRemoval: Bool {
        switch self {
        case .addTable, .addChain, .addSet, .addElements, .addRule, .insertRule: false
        case .deleteElements, .deleteRule, .flushChain, .flushSet, .deleteChain, .deleteSet, .deleteTable: true
        }
    }

    /// What an error message says of it: without the bodies of objects, and cut where there are many elements.
    var summary: String {
        let text = head
        let bytes = Array(text.utf8)
        return bytes.count > 240 ? String(decoding: bytes[..<240], as: UTF8.self) + "…" : text
    }

    private func list(_ elements: [Element], _ text: (Element) -> String) -> String {
        var all = ""
        for (index, element) in elements.enumerated() { all += index == 0 ? text(element) : ", \(text(element))" }
        return all
    }
}
