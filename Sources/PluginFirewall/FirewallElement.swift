internal import Addressing
internal import Nftables

/// One element that an attachment has in the tables, without its owner's tag.
public struct FirewallElement: Hashable, Sendable {
    /// Where it stands.
    public let set: SharedSet
    let key: [Field]
    let lastKey: [Field]
    let value: Element.Value

    @inline(never)
    init(_ set: SharedSet, _ key: [Field], through lastKey: [Field] = [], value: Element.Value = .none) {
        self.set = set
        self.key = key
        self.lastKey = lastKey
        self.value = value
    }

    @inline(never)
    init(_ set: SharedSet, _ element: Element) {
        self.init(set, element.key, through: element.lastKey, value: element.value)
    }

    /// The element as nf_tables is told of it.
    func tagged(_ tag: String) -> Element { Element(key, through: lastKey, value: value, comment: tag) }

    /// The container a published port leads to.
    var target: IPAddress? {
        if case .data(let fields) = value, case .address(let address)? = fields.first { return address }
        return nil
    }

    /// Whether the kernel's element says the same.
    func equals(_ element: Element) -> Bool {
        guard key == element.key, value == element.value else { return false }
        return lastKey == element.lastKey || (lastKey.isEmpty && element.lastKey == key)
    }
}
