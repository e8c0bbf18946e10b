internal import Addressing
internal import LinuxSystem
internal import Nftables

/// Removal of what is shared, once nobody needs it: `hawser net gc`, never a plugin.
extension Firewall {
    /// Removes the policy of a network's bridges, unless an attachment of the network has elements of the firewall plugin's.
    public mutating func removeShared(network: String) throws(FirewallError) {
        for _ in 0..<Self.attempts {
            var transaction = try unchanged()
            for set in ForwardPermission.sets {
                for element in try all(of: set) where Owner.tag(element.comment, belongsTo: network) { return }
            }
            for set in ForwardPermission.bridgeSets {
                for element in try all(of: set) where element.comment == network {
                    transaction.delete(FirewallElement(set, element).tagged(""), from: set.definition)
                }
            }
            if transaction.isEmpty { return }
            if try commitUnlessChanged(transaction) != nil { return }
        }
    }

    /// Removes chains and maps to which nothing leads, and the tables when they hold no element; answers their names.
    @discardableResult
    public mutating func removeUnused() throws(FirewallError) -> [String] {
        var removed: [String] = []
        removed += try removeUnusedConditions()
        removed += try removeUnusedSubnets()
        for table in [Layout.table, Layout.bridgeTable] {
            var transaction = try unchanged()
            guard try isEmpty(table) else { continue }
            transaction.append(.deleteTable(table))
            if table == Layout.table { try removeForeignRules(in: &transaction) }
            if try commitUnlessChanged(transaction)?.isEmpty == true { removed.append("table \(table)") }
        }
        return removed
    }

    /// A transaction that the kernel refuses when anything in the tables has changed between this call and its commit: an ADD
    /// may come between reading what is unused and removing it.
    private mutating func unchanged() throws(FirewallError) -> Transaction {
        var transaction = Transaction()
        transaction.generation = try system { () throws(SystemError) in try self.socket.generation() }
        return transaction
    }

    /// The commands that were refused because something was gone or in use; nil when nothing was done, because of a change.
    private mutating func commitUnlessChanged(_ transaction: Transaction) throws(FirewallError) -> [Int]? {
        do throws(SystemError) {
            return try socket.commit(transaction, tolerating: [.noEntry, .busy])
        } catch {
            if error.errno == .restart { return nil }
            throw FirewallError(.system(error))
        }
    }

    private mutating func isEmpty(_ table: Table) throws(FirewallError) -> Bool {
        let sets = try system { () throws(SystemError) in try self.socket.sets(in: table) }
        if sets.isEmpty { return false }
        for observed in sets {
            if table == Layout.table, SubnetGate(name: observed.name) != nil { continue }
            guard let set = SharedSet(name: observed.name), set.table == table else { return false }
            if try !all(of: set).isEmpty { return false }
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
            var transaction = try unchanged()
            var names: [String] = []
            for set in try observedSets(where: { $0.chain != nil }) {
                guard let chain = set.chain, try all(of: set).isEmpty else { continue }
                transaction.delete(chain.gate.entry(chain), from: chain.gate.map)
                transaction.append(.deleteChain(Layout.table, chain: chain.name))
                transaction.append(.deleteSet(set.table, set: set.name))
                names.append("chain \(Layout.table) \(chain.name)")
            }
            if names.isEmpty { return [] }
            // Some of it may have been removed by hand, or an administrator's rule asks the set.
            if try commitUnlessChanged(transaction) != nil { return names }
        }
        return []  // there is much coming and going: the next collection will find them
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
        for digest in digests {
            var transaction = try unchanged()
            guard try isEmpty(condition: digest) else { continue }
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
            if try commitUnlessChanged(transaction) != nil { removed.append("conditions \(digest)") }
        }
        return removed
    }

    private mutating func isEmpty(condition digest: String) throws(FirewallError) -> Bool {
        for set in PortConditions.sets(condition: digest) {
            if try !all(of: set).isEmpty { return false }
        }
        return true
    }

    /// Our rule in the chains of iptables.
    private mutating func removeForeignRules(in transaction: inout Transaction) throws(FirewallError) {
        for family in [TableFamily.ipv4, .ipv6] {
            let table = Table(family, "filter")
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "FORWARD", in: table) }
            for rule in rules where rule.comment == Self.foreignComment {
                transaction.append(.deleteRule(table, chain: "FORWARD", handle: rule.handle))
            }
        }
    }
}
