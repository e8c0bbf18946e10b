/// Commands the kernel applies all together or not at all, in the order they were added.
public struct Transaction: Hashable, Sendable {
    /// What is to be done, in this order.
    public private(set) var commands: [Command] = []
    /// When set, the kernel refuses the whole transaction with ERESTART if anything changed the rule set since this
    /// generation was read (`NftablesSocket.generation()`).
    public var generation: UInt32?

    /// A transaction that does nothing yet.
    public init() {}

    /// Whether there is nothing to do.
    public var isEmpty: Bool { commands.isEmpty }

    /// Adds a command at the end.
    @inline(never)
    public mutating func append(_ command: Command) {
        commands.append(command)
    }

    /// Makes a table; no change when it is there.
    @inline(never)
    public mutating func add(_ table: Table, comment: String = "") {
        append(.addTable(table, comment: comment))
    }

    /// Makes a chain; no change when one with the same hook is there.
    @inline(never)
    public mutating func add(_ chain: Chain) {
        append(.addChain(chain))
    }

    /// Makes a set or map; no change when one with the same keys and values is there.
    @inline(never)
    public mutating func add(_ set: NamedSet) {
        append(.addSet(set))
    }

    /// Adds an element; with `exclusive` an equal one is refused too, so that the comment always names the true owner.
    @inline(never)
    public mutating func add(_ element: Element, to set: NamedSet, exclusive: Bool = true) {
        append(.addElements([element], set, exclusive: exclusive))
    }

    /// Adds several elements by one command: they are refused together.
    @inline(never)
    public mutating func add(_ elements: [Element], to set: NamedSet, exclusive: Bool = true) {
        append(.addElements(elements, set, exclusive: exclusive))
    }

    /// Adds a rule at the end of its chain.
    @inline(never)
    public mutating func add(_ rule: Rule) {
        append(.addRule(rule))
    }

    /// Adds a rule at the head of its chain.
    public mutating func insert(_ rule: Rule) {
        append(.insertRule(rule))
    }

    /// Deletes an element by its key; one that is not there is refused with ENOENT.
    public mutating func delete(_ element: Element, from set: NamedSet) {
        append(.deleteElements([element], set))
    }

    /// The same transaction without the commands at `indices`.
    public func removing(_ indices: [Int]) -> Transaction {
        var rest = Transaction()
        rest.generation = generation
        for (index, command) in commands.enumerated() where !indices.contains(index) { rest.append(command) }
        return rest
    }
}

extension Transaction: CustomStringConvertible {
    /// As `nft -f` reads it: one command a line.
    public var description: String {
        var text = ""
        for command in commands { text += "\(command)\n" }
        return text
    }
}
