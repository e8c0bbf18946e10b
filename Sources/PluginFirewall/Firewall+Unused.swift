internal import Addressing
internal import LinuxSystem
internal import Nftables

/// Removal of what is shared, once nobody needs it: `hawser gc` and `hawser net rm`, never a plugin.
extension Firewall {
    /// Removes the elements a network's bridges have.
    public mutating func removeShared(network: String) throws(FirewallError) {
        _ = try removeAll(in: ForwardPermission.bridgeSets) { $0 == network }
    }

    /// Removes chains and maps to which nothing leads, and the tables when they hold no element; answers their names.
    @discardableResult
    public mutating func removeUnused() throws(FirewallError) -> [String] {
        var removed: [String] = []
        removed += try removeUnusedConditions()
        removed += try removeUnusedSubnets()
        for table in [Layout.table, Layout.bridgeTable] where try isEmpty(table) {
            if table == Layout.table { try removeForeignRules() }
            var transaction = Transaction()
            transaction.append(.deleteTable(table))
            let skipped = try system { () throws(SystemError) in
                try self.socket.commit(transaction, tolerating: [.noEntry, .busy])
            }
            if skipped.isEmpty { removed.append("table \(table)") }
        }
        return removed
    }

    private mutating func isEmpty(_ table: Table) throws(FirewallError) -> Bool {
        let sets = try system { () throws(SystemError) in try self.socket.sets(in: table) }
        if sets.isEmpty { return false }
        for observed in sets {
            guard let set = SharedSet(name: observed.name), set.table == table else { return false }
            let definition = set.definition
            let elements = try system { () throws(SystemError) in try self.socket.elements(of: definition) } ?? []
            if !elements.isEmpty { return false }
        }
        // An administrator's rules are not ours to remove.
        if table == Layout.table {
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "admin", in: table) }
            let jumps = try system { () throws(SystemError) in try self.socket.rules(of: "admin_chains", in: table) }
            return rules.isEmpty && jumps.isEmpty
        }
        return true
    }

    /// Chains and sets of subnets in which there is no address.
    private mutating func removeUnusedSubnets() throws(FirewallError) -> [String] {
        for _ in 0..<Self.attempts {
            // Should an ADD come between reading and removing, the kernel refuses the batch.
            let generation = try system { () throws(SystemError) in try self.socket.generation() }
            var transaction = Transaction()
            transaction.generation = generation
            var names: [String] = []
            for set in try observedSets(where: { $0.chain != nil }) {
                guard let chain = set.chain, try isEmpty(set) else { continue }
                transaction.append(.deleteChain(Layout.table, chain: chain.name))
                transaction.append(.deleteSet(set.table, set: set.name))
                names.append("chain \(Layout.table) \(chain.name)")
            }
            if names.isEmpty { return [] }
            let batch = transaction
            do throws(SystemError) {
                // One of the two may have been removed by hand.
                _ = try socket.commit(batch, tolerating: [.noEntry])
                return names
            } catch {
                if error.errno != .restart { throw FirewallError(.system(error)) }
            }
        }
        return []  // there is much coming and going: the next collection will find them
    }

    private mutating func isEmpty(_ set: SharedSet) throws(FirewallError) -> Bool {
        let definition = set.definition
        return try system { () throws(SystemError) in try self.socket.elements(of: definition) }?.isEmpty ?? true
    }

    /// Conditioned maps of networks that publish nothing any more, with their chains and the rules that lead there.
    private mutating func removeUnusedConditions() throws(FirewallError) -> [String] {
        let sets = try system { () throws(SystemError) in try self.socket.sets(in: Layout.table) }
        var digests: [String] = []
        for observed in sets {
            guard let set = SharedSet(name: observed.name), !set.condition.utf8.isEmpty,
                !digests.contains(set.condition)
            else { continue }
            digests.append(set.condition)
        }
        var removed: [String] = []
        for digest in digests where try isEmpty(condition: digest) {
            var transaction = Transaction()
            for family in [IPFamily.v4, .v6] {
                let name = PortConditions.chain(family, digest: digest)
                let conditions = Layout.conditions(family)
                let rules = try system { () throws(SystemError) in
                    try self.socket.rules(of: conditions, in: Layout.table)
                }
                for rule in rules where rule.targets.contains(name) {
                    transaction.append(.deleteRule(Layout.table, chain: conditions, handle: rule.handle))
                }
                transaction.append(.deleteChain(Layout.table, chain: name))
            }
            for set in PortConditions.sets(condition: digest) {
                transaction.append(.deleteSet(Layout.table, set: set.name))
            }
            try system { () throws(SystemError) in
                _ = try self.socket.commit(transaction, tolerating: [.noEntry, .busy])
            }
            removed.append("conditions \(digest)")
        }
        return removed
    }

    private mutating func isEmpty(condition digest: String) throws(FirewallError) -> Bool {
        for set in PortConditions.sets(condition: digest) {
            let definition = set.definition
            let elements = try system { () throws(SystemError) in try self.socket.elements(of: definition) } ?? []
            if !elements.isEmpty { return false }
        }
        return true
    }

    /// Our rule in the chains of iptables.
    private mutating func removeForeignRules() throws(FirewallError) {
        var transaction = Transaction()
        for family in [TableFamily.ipv4, .ipv6] {
            let table = Table(family, "filter")
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "FORWARD", in: table) }
            for rule in rules where rule.comment == Self.foreignComment {
                transaction.append(.deleteRule(table, chain: "FORWARD", handle: rule.handle))
            }
        }
        if transaction.isEmpty { return }
        try system { () throws(SystemError) in _ = try self.socket.commit(transaction, tolerating: [.noEntry]) }
    }
}
