public import Addressing
internal import LinuxSystem
internal import Nftables

/// What the reference's plugins left of an attachment that they made and we take down: found by the names they give.
///
/// Chains of iptables-nft, and the tables of their nftables backends. Where there are none it costs one question each.
extension Firewall {
    /// Published ports: chain `CNI-DN-…`, tables `cni_hostport`.
    public mutating func removeReferencePorts(network: String, containerID: String) throws(FirewallError) {
        let chain = Self.referenceChain("CNI-DN-", network, containerID)
        for family in [TableFamily.ipv4, .ipv6] {
            try removeChain(chain, in: Table(family, "nat"), calledFrom: ["CNI-HOSTPORT-DNAT"])
            try removeRules(
                of: ["hostports", "hostip_hostports", "masquerading"], in: Table(family, "cni_hostport")
            ) { $0 == containerID }
        }
    }

    /// Masquerading: chain `CNI-…`, table `cni_plugins_masquerade`.
    public mutating func removeReferenceMasquerade(owner: Owner) throws(FirewallError) {
        let chain = Self.referenceChain("CNI-", owner.network, owner.containerID)
        for family in [TableFamily.ipv4, .ipv6] {
            try removeChain(chain, in: Table(family, "nat"), calledFrom: ["POSTROUTING"])
        }
        let prefix = Self.referencePrefix(owner)
        try removeRules(of: ["masq_checks"], in: Table(.inet, "cni_plugins_masquerade")) {
            hasPrefix($0, prefix)
        }
    }

    /// `macspoofchk`: two chains of `bridge nat`.
    public mutating func removeReferenceSpoofGuard(owner: Owner) throws(FirewallError) {
        let table = Table(.bridge, "nat")
        let chain = "cni-br-iface-\(owner.containerID)-\(owner.interface)"
        try removeChain(chain, in: table, calledFrom: ["PREROUTING"])
        try removeChain("\(chain)-mac", in: table, calledFrom: [])
    }

    /// Permissions of addresses in `CNI-FORWARD`, which carry nothing but the address.
    public mutating func removeReferencePermissions(_ addresses: [IPAddress]) throws(FirewallError) {
        for family in [IPFamily.v4, .v6] {
            let meant = addresses.filter { $0.family == family }.map { $0.bytes }
            if meant.isEmpty { continue }
            let table = Table(TableFamily(family), "filter")
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "CNI-FORWARD", in: table) }
            var transaction = Transaction()
            for rule in rules where rule.comparisons.contains(where: { meant.contains($0) }) {
                transaction.append(.deleteRule(table, chain: "CNI-FORWARD", handle: rule.handle))
            }
            try commitRemoval(transaction)
        }
    }

    /// Whether the reference masquerades the attachment.
    public mutating func referenceMasquerades(owner: Owner) throws(FirewallError) -> Bool {
        let chain = Self.referenceChain("CNI-", owner.network, owner.containerID)
        if try hasChain(chain, ofTable: "nat") { return true }
        let prefix = Self.referencePrefix(owner)
        let rules = try system { () throws(SystemError) in
            try self.socket.rules(of: "masq_checks", in: Table(.inet, "cni_plugins_masquerade"))
        }
        return rules.contains { hasPrefix($0.comment, prefix) }
    }

    /// Whether the reference publishes ports of the container.
    public mutating func referencePublishes(network: String, containerID: String) throws(FirewallError) -> Bool {
        if try hasChain(Self.referenceChain("CNI-DN-", network, containerID), ofTable: "nat") { return true }
        for family in [TableFamily.ipv4, .ipv6] {
            let rules = try system { () throws(SystemError) in
                try self.socket.rules(of: "hostports", in: Table(family, "cni_hostport"))
            }
            if rules.contains(where: { $0.comment == containerID }) { return true }
        }
        return false
    }

    /// Whether the reference lets packets of all these addresses through.
    public mutating func referencePermits(_ addresses: [IPAddress]) throws(FirewallError) -> Bool {
        for address in addresses {
            let table = Table(TableFamily(address.family), "filter")
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: "CNI-FORWARD", in: table) }
            if !rules.contains(where: { $0.comparisons.contains(address.bytes) }) { return false }
        }
        return !addresses.isEmpty
    }

    private mutating func hasChain(_ name: String, ofTable table: String) throws(FirewallError) -> Bool {
        for family in [TableFamily.ipv4, .ipv6] {
            let found = try system { () throws(SystemError) in
                try self.socket.chain(name, in: Table(family, table))
            }
            if found != nil { return true }
        }
        return false
    }

    private static func referencePrefix(_ owner: Owner) -> String {
        let network = Digest.sha512Hex(owner.network, digits: 16)
        return "\(network)-\(Digest.sha512Hex("\(owner.interface):\(owner.containerID)", digits: 16))"
    }

    /// The name the reference gives an attachment's chain: at most 28 bytes.
    static func referenceChain(_ prefix: String, _ network: String, _ containerID: String) -> String {
        "\(prefix)\(Digest.sha512Hex("\(network)\(containerID)", digits: 28 - prefix.utf8.count))"
    }

    private mutating func removeChain(_ name: String, in table: Table, calledFrom callers: [String])
        throws(FirewallError)
    {
        let chain = try system { () throws(SystemError) in try self.socket.chain(name, in: table) }
        if chain == nil { return }
        var transaction = Transaction()
        for caller in callers {
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: caller, in: table) }
            for rule in rules where rule.targets.contains(name) {
                transaction.append(.deleteRule(table, chain: caller, handle: rule.handle))
            }
        }
        transaction.append(.flushChain(table, chain: name))
        transaction.append(.deleteChain(table, chain: name))
        try commitRemoval(transaction)
    }

    private mutating func removeRules(of chains: [String], in table: Table, where isMeant: (String) -> Bool)
        throws(FirewallError)
    {
        guard try system({ () throws(SystemError) in try self.socket.exists(table) }) else { return }
        var transaction = Transaction()
        for chain in chains {
            let rules = try system { () throws(SystemError) in try self.socket.rules(of: chain, in: table) }
            for rule in rules where isMeant(rule.comment) {
                transaction.append(.deleteRule(table, chain: chain, handle: rule.handle))
            }
        }
        try commitRemoval(transaction)
    }

    private mutating func commitRemoval(_ transaction: Transaction) throws(FirewallError) {
        if transaction.isEmpty { return }
        try system { () throws(SystemError) in
            _ = try self.socket.commit(transaction, tolerating: [.noEntry, .busy])
        }
    }
}
