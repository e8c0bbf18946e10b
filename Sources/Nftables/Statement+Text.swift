internal import Addressing

extension Statement: CustomStringConvertible {
    /// As nft(8) writes it in a rule.
    public var description: String {
        switch self {
        case .match(let selector, let pattern, let negated): return text(selector, pattern, negated)
        case .lookup(let selectors, let set, let negated):
            return "\(concatenation(selectors))\(negated ? " !=" : "") @\(set)"
        case .verdictMap(let selectors, let map): return "\(concatenation(selectors)) vmap @\(map)"
        case .networkVerdictMap(let selector, let mask, let map): return "\(selector) & \(mask) vmap @\(map)"
        case .connectionState(let state, let negated): return "ct state \(negated ? "! " : "")\(state)"
        case .connectionStatus(let status, let negated): return "ct status \(negated ? "! " : "")\(status)"
        case .connectionDirection(let direction): return "ct direction \(direction)"
        case .destinationIsLocal(let negated): return "fib daddr type \(negated ? "!= " : "")local"
        case .sourceIsUnreachable: return "fib saddr . iif oif missing"
        case .counter: return "counter"
        case .notrack: return "notrack"
        case .setMark(let value, let mask): return "meta mark set \(assignment("meta mark", value, mask))"
        case .setConnectionMark(let value, let mask): return "ct mark set \(assignment("ct mark", value, mask))"
        case .masquerade(let fullyRandom): return fullyRandom ? "masquerade fully-random" : "masquerade"
        case .sourceNAT(let address): return "snat \(TableFamily(address.family)) to \(address)"
        case .destinationNAT(let address, let port):
            return "dnat \(TableFamily(address.family)) to \(endpoint(address, port))"
        case .destinationNATMap(let family, let selectors, let map, _):
            return "dnat \(TableFamily(family)) to \(concatenation(selectors)) map @\(map)"
        case .reject: return "reject with icmpx port-unreachable"
        case .verdict(let verdict): return verdict.description
        }
    }

    private func text(_ selector: Selector, _ pattern: Pattern, _ negated: Bool) -> String {
        let head = "\(selector)\(negated ? " !=" : "")"
        switch pattern {
        case .equals(let field): return "\(head) \(field)"
        case .family(let family): return "\(head) \(family == .v4 ? "ipv4" : "ipv6")"
        case .within(let network): return "\(head) \(network)"
        case .linkPrefix(let prefix): return "\(head) \(quoted(prefix + "*"))"
        case .masked(let value, let mask):
            return "\(selector) & \(hexadecimal(mask)) \(negated ? "!=" : "==") \(hexadecimal(value))"
        }
    }

    private func assignment(_ name: String, _ value: UInt32, _ mask: UInt32) -> String {
        if mask == .max { return hexadecimal(value) }
        return "\(name) & \(hexadecimal(~mask)) ^ \(hexadecimal(value & mask))"
    }

    private func endpoint(_ address: IPAddress, _ port: UInt16?) -> String {
        guard let port else { return address.description }
        return address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
