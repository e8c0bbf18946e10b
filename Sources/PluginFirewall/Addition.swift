internal import Nftables

/// What one ADD wants to have in the tables, and what must be sent for it as far as the kernel's answers told.
struct Addition {
    /// What is still to be added with the owner's tag.
    var elements: [FirewallElement]
    let tag: String
    /// Elements of a network rather than of an attachment, and what their comment says.
    var sharedElements: [FirewallElement] = []
    var network = ""
    /// Elements in the way that outlived their owner.
    var stale: [FirewallElement] = []
    /// What else belongs into the batch, before the elements.
    var commands: [Command] = []
    /// What stands in front of the ports, where there are conditions.
    var gate: Gate?
    /// Whether the kernel said that something is missing which all share.
    var includesShared = false
    var includesGate = false

    init(_ elements: [FirewallElement], tag: String) {
        self.elements = elements
        self.tag = tag
    }

    func transaction() -> Transaction {
        var transaction = Transaction()
        if includesShared { addShared(to: &transaction) }
        for command in commands { transaction.append(command) }
        for group in Firewall.grouped(stale) {
            transaction.append(.deleteElements(group.map { $0.tagged("") }, group[0].set.definition))
        }
        for group in Firewall.grouped(elements) {
            transaction.add(group.map { $0.tagged(tag) }, to: group[0].set.definition)
        }
        for element in sharedElements {
            transaction.add(element.tagged(network), to: element.set.definition, exclusive: false)
        }
        return transaction
    }

    private func addShared(to transaction: inout Transaction) {
        Layout.add(for: elements.map { $0.set } + sharedElements.map { $0.set }, to: &transaction)
        var chains: [SubnetChain] = []
        for element in elements {
            if let chain = element.set.chain, !chains.contains(chain) { chains.append(chain) }
        }
        for chain in chains { Layout.add(chain, to: &transaction) }
        if includesGate, let gate { gate.add(&transaction) }
    }

    /// The maps and chains behind a network's conditions.
    ///
    /// It is a closure, so that only plugins that publish ports carry what reads conditions.
    struct Gate {
        /// One of the chains: where it is, all is.
        let chain: String
        /// Adds them.
        let add: (inout Transaction) -> Void
    }
}
