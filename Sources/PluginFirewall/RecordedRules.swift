public import JSON

/// What an attachment record keeps of the tables: enough to remove it, and to make it again after `nft flush ruleset`.
public struct RecordedRules: Hashable, Sendable {
    /// The attachment's own elements.
    public var elements: [FirewallElement]
    /// Elements its network needs.
    public var sharedElements: [FirewallElement]
    /// The conditions its ports stand behind.
    public var conditions: PortConditions?

    /// What is to be recorded.
    public init(
        _ elements: [FirewallElement], sharedElements: [FirewallElement] = [], conditions: PortConditions? = nil
    ) {
        self.elements = elements
        self.sharedElements = sharedElements
        self.conditions = conditions
    }

    /// Reads a record's content; elements that nobody here wrote are passed over.
    public init(_ content: JSONObject, network: String) {
        elements = Self.elements(of: content)
        sharedElements = Self.elements(content["sharedElements"])
        do throws(ConditionError) {
            conditions = try PortConditions(
                network: network, ipv4: Self.words(content["conditionsV4"]), ipv6: Self.words(content["conditionsV6"]))
        } catch {
            conditions = nil
        }
    }

    /// The attachment's own elements in a record's content.
    public static func elements(of content: JSONObject) -> [FirewallElement] { elements(content["elements"]) }

    /// The members of a record's content.
    public var members: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [("elements", Self.list(elements.map { $0.text }))]
        if !sharedElements.isEmpty { members.append(("sharedElements", Self.list(sharedElements.map { $0.text }))) }
        if let conditions {
            members.append(("conditionsV4", Self.list(conditions.ipv4)))
            members.append(("conditionsV6", Self.list(conditions.ipv6)))
        }
        return members
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static func words(_ value: JSONValue?) -> [String] {
        var words: [String] = []
        for entry in value?.array ?? [] { if let word = entry.string { words.append(word) } }
        return words
    }

    private static func elements(_ value: JSONValue?) -> [FirewallElement] {
        var elements: [FirewallElement] = []
        for word in words(value) { if let element = FirewallElement(word) { elements.append(element) } }
        return elements
    }
}

extension Firewall {
    /// Makes again what a record says, where it is missing: after a flush of the rule set.
    public mutating func restore(_ rules: RecordedRules, owner: Owner) throws(FirewallError) {
        var addition = Addition(rules.elements, tag: owner.tag)
        addition.sharedElements = rules.sharedElements
        addition.network = owner.network
        addition.gate = rules.conditions?.gate
        let specific = try missing(rules.elements.filter { $0.set.kind == .hostip }, owner: owner)
        addition.commands = try claimChanges(adding: specific, removing: [])
        try apply(addition)
        if rules.elements.contains(where: { $0.set.kind == .allowed }) { try passForeignFilters() }
    }
}
