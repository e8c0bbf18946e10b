/// A rule of a chain: statements that must all hold, and what is then done.
public struct Rule: Hashable, Sendable {
    /// The table of the chain.
    public let table: Table
    /// The chain's name.
    public let chain: String
    /// What must hold of a packet, and what is then done, in this order.
    public let statements: [Statement]
    /// Kept in the rule's userdata; nft(8) lists it.
    ///
    /// At most 127 bytes are kept.
    public let comment: String

    /// Writes a rule for a chain of `table`.
    public init(_ table: Table, _ chain: String, _ statements: [Statement], comment: String = "") {
        precondition(isObjectName(chain), "a chain's name is 1...255 bytes without NUL")
        self.table = table
        self.chain = chain
        self.statements = statements
        self.comment = comment
    }
}

extension Rule: CustomStringConvertible {
    /// As nft(8) writes it after `add rule`.
    public var description: String { "\(table) \(chain)\(body)" }

    /// Its statements, a space before each, and the comment.
    var body: String {
        var text = ""
        for statement in statements { text += " \(statement)" }
        if !comment.utf8.isEmpty { text += " comment \(quoted(comment))" }
        return text
    }

    /// What the kernel runs.
    var expressions: [Expression] { Lowering.expressions(statements, in: table.family) }
}
