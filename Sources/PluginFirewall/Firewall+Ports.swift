internal import Addressing
internal import LinuxSystem
internal import Nftables

/// How the claims on ports are kept right when elements with a host address go.
///
/// It is a closure, so that only plugins that publish ports carry what counts them.
public struct PortClaims {
    /// The commands that belong beside the removal of these elements.
    let changes: (inout Firewall, [FirewallElement]) throws(FirewallError) -> [Command]

    /// They are counted.
    public static var counted: PortClaims {
        PortClaims { (firewall, removed) throws(FirewallError) in
            try firewall.claimChanges(adding: [], removing: removed)
        }
    }
}

/// Published ports: exclusive across several maps, which the kernel alone cannot see to.
///
/// All callers hold the lock on the ports (`PortLock`).
extension Firewall {
    /// Publishes, or throws the owner of the first port that is taken.
    public mutating func publish(_ publication: PortPublication, owner: Owner) throws(FirewallError) {
        let elements = publication.elements
        let tag = owner.tag
        try refuseConflicts(elements, tag: tag)
        var addition = Addition(elements, tag: tag)
        addition.gate = publication.conditions?.gate
        let new = try withoutOwn(elements, tag: tag)
        addition.commands = try claimChanges(adding: new, removing: [])
        try apply(addition)
    }

    /// The sets in which an attachment of any network may have published ports.
    public mutating func portSets() throws(FirewallError) -> [SharedSet] {
        try observedSets { $0.kind == .hairpin || $0.kind.isContested }
    }

    /// Elements with a host address that the owner does not have yet, whose claims are to be counted.
    private mutating func withoutOwn(_ elements: [FirewallElement], tag: String) throws(FirewallError)
        -> [FirewallElement]
    {
        let specific = elements.filter { $0.set.kind == .hostip }
        if specific.isEmpty { return [] }
        let present = try find(specific)
        var new: [FirewallElement] = []
        for (element, found) in zip(specific, present) where found == nil { new.append(element) }
        return new
    }

    /// Looks for ports in the other maps; those of the same map the kernel refuses itself.
    private mutating func refuseConflicts(_ elements: [FirewallElement], tag: String) throws(FirewallError) {
        var singles: [FirewallElement] = []
        for element in elements {
            switch element.set.kind {
            case .ports, .hostip: singles.append(element)
            case .ranges: try refuseOverlap(element, tag: tag)
            default: continue
            }
        }
        // Each port is asked for in two other maps: as an element of a range, and under the other kind of address.
        var questions: [FirewallElement] = []
        for element in singles {
            let port = Array(element.key.suffix(2))
            let set = element.set
            questions.append(FirewallElement(SharedSet(.ranges, set.family, condition: set.condition), port))
            let other: SharedSet.Kind = set.kind == .ports ? .claims : .ports
            questions.append(FirewallElement(SharedSet(other, set.family, condition: set.condition), port))
        }
        let answers = try find(questions)
        for (index, answer) in answers.enumerated() {
            guard let answer else { continue }
            let element = singles[index / 2]
            if questions[index].set.kind == .claims {
                try refuseSpecific(element, tag: tag)
            } else if answer.comment != tag {
                throw FirewallError(.taken(PublishedPort.text(of: element), owner: Self.name(answer.comment)))
            }
        }
    }

    /// A claim says that some host address uses the port: whose it is, the map tells.
    private mutating func refuseSpecific(_ element: FirewallElement, tag: String) throws(FirewallError) {
        let set = SharedSet(.hostip, element.set.family, condition: element.set.condition)
        for other in try all(of: set) where Array(other.key.suffix(2)) == element.key && other.comment != tag {
            throw FirewallError(.taken(PublishedPort.text(of: element), owner: Self.name(other.comment)))
        }
    }

    /// A range may hold any number of ports of the other maps, so that these are listed.
    private mutating func refuseOverlap(_ range: FirewallElement, tag: String) throws(FirewallError) {
        guard case .port(let first)? = range.key.last, case .port(let last)? = range.lastKey.last else { return }
        for kind in [SharedSet.Kind.ports, .hostip, .ranges] {
            let set = SharedSet(kind, range.set.family, condition: range.set.condition)
            for other in try all(of: set) where other.comment != tag {
                guard case .port(let start)? = other.key.last, other.key.suffix(2).first == range.key.first else {
                    continue
                }
                var end = start
                if case .port(let port)? = other.lastKey.last { end = port }
                if start <= last, first <= end {
                    throw FirewallError(.taken(PublishedPort.text(of: range), owner: Self.name(other.comment)))
                }
            }
        }
    }

    /// Every element of a set; none when it is not there.
    mutating func all(of set: SharedSet) throws(FirewallError) -> [Element] {
        let definition = set.definition
        return try system { () throws(SystemError) in try self.socket.elements(of: definition) } ?? []
    }

    /// The commands that make `hostip_claims` count what will be there.
    mutating func claimChanges(adding new: [FirewallElement], removing old: [FirewallElement]) throws(FirewallError)
        -> [Command]
    {
        var claims: [(claim: FirewallElement, change: Int)] = []
        func count(_ element: FirewallElement, _ change: Int) {
            guard element.set.kind == .hostip else { return }
            let set = SharedSet(.claims, element.set.family, condition: element.set.condition)
            let claim = FirewallElement(set, Array(element.key.suffix(2)))
            if let index = claims.firstIndex(where: { $0.claim == claim }) {
                claims[index].change += change
            } else {
                claims.append((claim, change))
            }
        }
        for element in new { count(element, 1) }
        for element in old { count(element, -1) }
        if claims.isEmpty { return [] }
        let present = try find(claims.map { $0.claim })
        var commands: [Command] = []
        for (index, entry) in claims.enumerated() where entry.change != 0 {
            let set = entry.claim.set.definition
            var uses = entry.change
            if let found = present[index] {
                if case .data(let fields) = found.value, case .mark(let count)? = fields.first { uses += Int(count) }
                commands.append(.deleteElements([entry.claim.tagged("")], set))
            }
            if uses > 0 {
                let value = Element.Value.data([.mark(UInt32(clamping: uses))])
                commands.append(.addElements([Element(entry.claim.key, value: value)], set, exclusive: true))
            }
        }
        return commands
    }
}

extension PublishedPort {
    /// What an element publishes, for a person: `tcp 8080`, `tcp 192.0.2.1:8080`, `udp 9000-9100`.
    static func text(of element: FirewallElement) -> String {
        var text = ""
        var address = ""
        for field in element.key {
            switch field {
            case .transport(let transport): text += "\(transport) "
            case .address(let host): address = host.family == .v6 ? "[\(host)]:" : "\(host):"
            case .port(let port): text += "\(address)\(port)"
            default: text += "\(field)"
            }
        }
        if case .port(let last)? = element.lastKey.last, element.lastKey != element.key { text += "-\(last)" }
        return "host port \(text)"
    }
}
