internal import Addressing
internal import LinuxSystem
internal import Nftables

/// The firewall plugin's part: permissions of addresses, policies of bridges, and the filters of others.
extension Firewall {
    /// Adds what an attachment needs; a stricter policy than the bridge had replaces it, and so does a milder one.
    ///
    /// `adminChain` is jumped to before every policy; nil leaves it at `admin`.
    public mutating func permit(_ permission: ForwardPermission, adminChain: String?, owner: Owner)
        throws(FirewallError)
    {
        var addition = Addition(permission.elements, tag: owner.tag)
        addition.sharedElements = permission.bridgeElements
        addition.network = owner.network
        // What the network's bridge had under another policy, and has no more.
        let unwanted = permission.otherBridgeElements
        for (element, found) in zip(unwanted, try find(unwanted)) where found?.comment == owner.network {
            addition.stale.append(element)
        }
        try apply(addition)
        if let adminChain { try addAdminChain(adminChain) }
        try passForeignFilters()
    }

    /// Whether what `permit` shares is there.
    public mutating func missingShared(_ permission: ForwardPermission) throws(FirewallError) -> [FirewallElement] {
        let elements = permission.bridgeElements
        let present = try find(elements)
        var missing: [FirewallElement] = []
        for (element, found) in zip(elements, present) where found == nil { missing.append(element) }
        return missing
    }

    /// An administrator's chain under another name, made once.
    private mutating func addAdminChain(_ name: String) throws(FirewallError) {
        let rules = try system { () throws(SystemError) in
            try self.socket.rules(of: "admin_chains", in: Layout.table)
        }
        for rule in rules where rule.targets.contains(name) { return }
        var transaction = Transaction()
        transaction.add(Chain(Layout.table, name))
        transaction.add(Rule(Layout.table, "admin_chains", [.verdict(.jump(name))]))
        try system { () throws(SystemError) in try self.socket.commit(transaction) }
    }

    /// Where iptables filters what is forwarded, lets through what our tables allow (docs/nftables.md, "Foreign filters").
    mutating func passForeignFilters() throws(FirewallError) {
        var transaction = Transaction()
        for family in [TableFamily.ipv4, .ipv6] {
            let table = Table(family, "filter")
            let chain = try system { () throws(SystemError) in try self.socket.chain("FORWARD", in: table) }
            guard let chain, chain.base?.hook == Chain.Hook.forward.rawValue else { continue }
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "FORWARD", in: table) }
            if rules.contains(where: { $0.comment == Self.foreignComment }) { continue }
            transaction.insert(
                Rule(
                    table, "FORWARD",
                    [.mark(Layout.admissionMark, mask: Layout.admissionMark), .counter, .verdict(.accept)],
                    comment: Self.foreignComment))
        }
        if transaction.isEmpty { return }
        Layout.addAdmission(to: &transaction)
        try system { () throws(SystemError) in try self.socket.commit(transaction) }
    }

    /// Base chains of others that drop what they do not know, and that we do not write into.
    public mutating func foreignDrops() throws(FirewallError) -> [String] {
        let chains = try system { () throws(SystemError) in try self.socket.chains() }
        var names: [String] = []
        for chain in chains {
            guard let base = chain.base, base.hook == Chain.Hook.forward.rawValue, base.policy == .drop,
                [TableFamily.inet, .ipv4, .ipv6].contains(chain.table.family), chain.table != Layout.table,
                !(chain.table.name == "filter" && chain.name == "FORWARD" && chain.table.family != .inet)
            else { continue }
            names.append("\(chain.table) \(chain.name)")
        }
        return names
    }

    /// How to let our packets through a chain of somebody else: an argument of `nft`.
    public static func remedy(for chain: String) -> String {
        let mark = "0x" + String(Layout.admissionMark, radix: 16)
        return "nft insert rule \(chain) meta mark and \(mark) == \(mark) accept"
    }

    /// Makes the chains that mark what may pass, for a chain of somebody else to ask.
    public mutating func markForForeignFilters() throws(FirewallError) {
        var transaction = Transaction()
        Layout.addAdmission(to: &transaction)
        try system { () throws(SystemError) in try self.socket.commit(transaction) }
    }

    static var foreignComment: String { "hawser" }
}

extension Layout {
    /// The chains that mark what may pass the forward hook, and take the mark off again behind the filters of others.
    static func addAdmission(to transaction: inout Transaction) {
        var rules: [[Statement]] = []
        for family in [IPFamily.v4, .v6] {
            let allowed = SharedSet(.allowed, family).name
            let mark: [Statement] = [.setMark(admissionMark, mask: admissionMark), .verdict(.accept)]
            let toAllowed = Statement.lookup([.destination(family)], set: allowed, negated: false)
            rules.append([.lookup([.source(family)], set: allowed, negated: false)] + mark)
            rules.append([toAllowed, .connectionState([.established, .related], negated: false)] + mark)
            rules.append([toAllowed, .destinationWasTranslated] + mark)
        }
        fill(Chain(table, "admit", base: Chain.Base(.filter, .forward, priority: -1)), rules, in: &transaction)
        fill(
            Chain(table, "admitted", base: Chain.Base(.filter, .forward, priority: 1)),
            [[.setMark(0, mask: admissionMark)]], in: &transaction)
    }
}

extension Firewall {
    /// Whether a chain of this name in our table is not an administrator's.
    public static func isOwnChain(_ name: String) -> Bool {
        if SubnetChain(name: name) != nil || SubnetGate(name: name) != nil || hasPrefix(name, "conditioned_") {
            return true
        }
        return [
            "admin", "admin_chains", "admit", "admitted", "conditions_v4", "conditions_v6", "forward", "guard",
            "output",
            "ports_v4", "ports_v6", "postrouting", "prerouting",
        ].contains(name)
    }
}
