internal import Addressing
internal import LinuxSystem
internal import Nftables

/// The form in which attachment records keep elements: the set's name, the key, the last key of a range, and the value,
/// with `/` between the parts of each.
extension FirewallElement: CustomStringConvertible {
    /// One line: `ports_v4 tcp/8080 10.1.0.5/80`.
    public var text: String {
        var line = "\(set.name) \(Self.join(key))"
        if set.kind == .ranges { line += " \(Self.join(lastKey.isEmpty ? key : lastKey))" }
        switch value {
        case .none: break
        case .verdict: break  // in none of our maps
        case .data(let fields): line += " \(Self.join(fields))"
        }
        return line
    }

    /// The same as `text`.
    public var description: String { text }

    /// Reads what `text` wrote; nil for anything else.
    public init?(_ text: String) {
        let words = splitText(text, UInt8(ascii: " "))
        guard let set = SharedSet(name: words[0]) else { return nil }
        var rest = words.dropFirst()
        guard let keyText = rest.popFirst(), let key = Self.fields(set.key, keyText) else { return nil }
        var lastKey: [Field] = []
        if set.kind == .ranges {
            guard let lastText = rest.popFirst(), let last = Self.fields(set.key, lastText) else { return nil }
            lastKey = last
        }
        switch set.value {
        case .none:
            guard rest.isEmpty else { return nil }
            self.init(set, key, through: lastKey)
        case .verdict: return nil
        case .data(let types):
            guard rest.count == 1, let text = rest.popFirst(), let fields = Self.fields(types, text) else {
                return nil
            }
            self.init(set, key, through: lastKey, value: .data(fields))
        }
    }

    @inline(never)
    private static func join(_ fields: [Field]) -> String {
        var text = ""
        for (index, field) in fields.enumerated() {
            if index > 0 { text += "/" }
            // The description of a link is quoted for nft.
            if case .link(let name) = field { text += name } else { text += field.description }
        }
        return text
    }

    @inline(never)
    private static func fields(_ types: [DataType], _ text: String) -> [Field]? {
        let parts = splitText(text, UInt8(ascii: "/"))
        guard parts.count == types.count else { return nil }
        var fields: [Field] = []
        for (type, part) in zip(types, parts) {
            guard let field = field(type, part) else { return nil }
            fields.append(field)
        }
        return fields
    }

    @inline(never)
    private static func field(_ type: DataType, _ text: String) -> Field? {
        switch type {
        case .ipv4Address, .ipv6Address:
            guard let address = IPAddress(text), (address.family == .v4) == (type == .ipv4Address) else { return nil }
            return .address(address)
        case .transport: return PublishedPort.transport(named: text).map { .transport($0) }
        case .port: return UInt16(text).map { .port($0) }
        case .mark: return UInt32(text).map { .mark($0) }
        case .hardwareAddress: return MACAddress(text).map { .hardwareAddress($0) }
        case .linkName: return (1...15).contains(text.utf8.count) ? .link(text) : nil
        case .linkIndex: return nil
        }
    }
}
