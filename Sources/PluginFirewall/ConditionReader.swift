internal import Addressing
internal import LinuxSystem
internal import Nftables

/// Reads conditions in the words of iptables (`! -s 10.0.0.0/8`) or of nft (`ip saddr != 10.0.0.0/8`).
struct ConditionReader {
    private var words: ArraySlice<String>
    private let family: IPFamily

    private static let expectation =
        "known are -s, -d, -i, -p with ! before or behind, and saddr, daddr, iifname, iif, meta l4proto with != or =="

    /// The statements the words ask for; every one must hold.
    static func statements(_ texts: [String], _ family: IPFamily) throws(ConditionError) -> [Statement] {
        var words: [String] = []
        for text in texts {
            words += splitText(text, UInt8(ascii: " ")).filter { !$0.utf8.isEmpty }
        }
        var reader = ConditionReader(words: words[...], family: family)
        var statements: [Statement] = []
        while !reader.words.isEmpty { statements.append(try reader.next()) }
        return statements
    }

    private mutating func next() throws(ConditionError) -> Statement {
        var negated = take("!")
        let word = try word("a condition")
        switch word {
        case "-s", "--source", "--src", "-d", "--destination", "--dst":
            negated = take("!") || negated
            let isSource = word == "-s" || word == "--source" || word == "--src"
            return try address(isSource: isSource, negated: negated)
        case "-i", "--in-interface":
            negated = take("!") || negated
            return try link(negated: negated)
        case "-p", "--protocol":
            negated = take("!") || negated
            return try transport(negated: negated)
        case "ip", "ip6":
            guard (word == "ip") == (family == .v4) else {
                throw ConditionError(token: word, expected: "the list is for the other family")
            }
            return try header(negated: negated)
        case "saddr", "daddr": return try address(isSource: word == "saddr", negated: try comparison() != negated)
        case "iif", "iifname": return try link(negated: try comparison() != negated)
        case "meta":
            let name = try self.word("iifname or l4proto")
            switch name {
            case "iif", "iifname": return try link(negated: try comparison() != negated)
            case "l4proto": return try transport(negated: try comparison() != negated)
            default: throw ConditionError(token: "meta \(name)", expected: Self.expectation)
            }
        default: throw ConditionError(token: word, expected: Self.expectation)
        }
    }

    /// What follows `ip` or `ip6`.
    private mutating func header(negated: Bool) throws(ConditionError) -> Statement {
        let name = try word("saddr, daddr or protocol")
        switch name {
        case "saddr", "daddr": return try address(isSource: name == "saddr", negated: try comparison() != negated)
        case "protocol" where family == .v4, "nexthdr" where family == .v6:
            return try transport(negated: try comparison() != negated)
        default: throw ConditionError(token: name, expected: Self.expectation)
        }
    }

    private mutating func address(isSource: Bool, negated: Bool) throws(ConditionError) -> Statement {
        let text = try word("an address")
        let network =
            IPNetwork(text) ?? IPAddress(text).flatMap { IPNetwork($0, prefixLength: $0.family.bitWidth) }
        guard let network, network.family == family else {
            throw ConditionError(token: text, expected: "an address or network of \(family == .v4 ? "IPv4" : "IPv6")")
        }
        return isSource ? .source(network.network, negated: negated) : .destination(network.network, negated: negated)
    }

    private mutating func link(negated: Bool) throws(ConditionError) -> Statement {
        var name = Array(try word("the name of a link").utf8)
        if name.count > 2, name.first == UInt8(ascii: "\""), name.last == UInt8(ascii: "\"") {
            name = Array(name[1..<(name.count - 1)])
        }
        // iptables writes a prefix as `eth+`, nft as `eth*`.
        if name.last == UInt8(ascii: "+") { name[name.count - 1] = UInt8(ascii: "*") }
        let text = String(decoding: name, as: UTF8.self)
        guard (1...15).contains(name.count), !name.contains(UInt8(ascii: "/")), text != "*" else {
            throw ConditionError(token: text, expected: "the name of a link")
        }
        return .inputLink(text, negated: negated)
    }

    private mutating func transport(negated: Bool) throws(ConditionError) -> Statement {
        let text = try word("a protocol")
        guard let transport = PublishedPort.transport(named: text) else {
            throw ConditionError(token: text, expected: "tcp, udp, sctp, dccp, udplite or a number")
        }
        return .transport(transport, negated: negated)
    }

    /// Reads an optional `==` or `!=`; whether it negates.
    private mutating func comparison() throws(ConditionError) -> Bool {
        if take("!=") { return true }
        _ = take("==")
        return false
    }

    private mutating func take(_ word: String) -> Bool {
        guard words.first == word else { return false }
        words.removeFirst()
        return true
    }

    private mutating func word(_ expected: String) throws(ConditionError) -> String {
        guard let word = words.popFirst() else {
            throw ConditionError(token: "", expected: "\(expected) is missing at the end")
        }
        return word
    }
}
