internal import Addressing
internal import LinuxSystem
internal import Nftables

extension Firewall {
    /// Finds out whether the kernel can hold all that the tables need, and changes nothing.
    ///
    /// Everything is sent in one transaction whose last command cannot succeed. What else is refused, the kernel lacks.
    public mutating func probe() throws(FirewallError) {
        var transaction = Transaction()
        Layout.add(for: [SharedSet(.ports, .v4), SharedSet(.guarded)], to: &transaction)
        let last = transaction.commands.count
        transaction.append(.deleteTable(Table(.inet, "hawser probe, never there")))
        let refusals = try system { () throws(SystemError) in try self.socket.attempt(transaction) }
        for refusal in refusals where refusal.index != last { throw FirewallError(.system(refusal.error)) }
    }
}
