/// What a rule or a verdict map decides about a packet.
public enum Verdict: Hashable, Sendable {
    case accept
    case drop
    /// Goes on with the next rule.
    case `continue`
    /// Back to the chain that jumped here; in a base chain, its policy.
    case `return`
    /// To another chain of the same table, and back here when that ends.
    case jump(String)
    /// To another chain of the same table, and not back.
    case goto(String)

    /// The chain this verdict leads to.
    public var chain: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        case .accept, .drop, .continue, .return: nil
        }
    }
}

extension Verdict: CustomStringConvertible {
    /// As nft(8) writes it.
    public var description: String {
        switch self {
        case .accept: "accept"
        case .drop: "drop"
        case .continue: "continue"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        }
    }
}
