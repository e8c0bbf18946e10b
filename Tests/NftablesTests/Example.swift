import Addressing

@testable import Nftables

/// One transaction with every kind of object, statement and element, in two tables.
enum Example {
    static let table = Table(.inet, "example")
    static let bridge = Table(.bridge, "example")

    static let ports = NamedSet(
        table, "ports", key: [.transport, .port], value: .data([.ipv4Address, .port]), comment: "published ports")
    static let ports6 = NamedSet(
        table, "ports6", key: [.transport, .port], value: .data([.ipv6Address, .port]), capacity: 65535)
    static let hostPorts = NamedSet(
        table, "host_ports", key: [.ipv4Address, .transport, .port], value: .data([.ipv4Address, .port]))
    static let hostPorts6 = NamedSet(
        table, "host_ports6", key: [.ipv6Address, .transport, .port], value: .data([.ipv6Address, .port]))
    static let ranges = NamedSet(
        table, "ranges", key: [.transport, .port], value: .data([.ipv4Address]), holdsIntervals: true)
    static let sources = NamedSet(table, "sources", key: [.ipv4Address], value: .verdict)
    static let sources6 = NamedSet(table, "sources6", key: [.ipv6Address], value: .verdict)
    static let networks = NamedSet(table, "networks", key: [.ipv4Address], holdsIntervals: true)
    static let networks6 = NamedSet(table, "networks6", key: [.ipv6Address], holdsIntervals: true)
    static let peers = NamedSet(table, "peers", key: [.ipv4Address, .ipv4Address], holdsIntervals: true)
    static let links = NamedSet(table, "links", key: [.linkName], comment: "bridges with a policy")
    static let pairs = NamedSet(table, "pairs", key: [.linkName, .linkName])
    static let claims = NamedSet(table, "claims", key: [.transport, .port], value: .data([.mark]))
    static let stations = NamedSet(bridge, "stations", key: [.linkName, .hardwareAddress])

    static let sets = [
        ports, ports6, hostPorts, hostPorts6, ranges, sources, sources6, networks, networks6, peers, links, pairs,
        claims, stations,
    ]

    static let elements: [(Element, NamedSet)] = [
        (
            element([.transport(.tcp), .port(2333)], to: [address("10.1.0.2"), .port(22)], "web/0123456789ab/eth0"),
            ports
        ),
        (element([.transport(.udp), .port(53)], to: [address("10.1.0.3"), .port(53)], ""), ports),
        (element([.transport(.sctp), .port(80)], to: [address("fd00::2"), .port(8080)], "web/b/eth0"), ports6),
        (
            element(
                [address("192.0.2.1"), .transport(.tcp), .port(80)], to: [address("10.1.0.2"), .port(80)], "web/c/eth0"),
            hostPorts
        ),
        (
            Element(
                [.transport(.tcp), .port(3000)], through: [.transport(.tcp), .port(3010)],
                value: .data([address("10.1.0.2")]), comment: "web/d/eth0"), ranges
        ),
        (Element([address("10.1.0.2")], value: .verdict(.jump("net_web")), comment: "web/e/eth0"), sources),
        (Element([address("fd00::2")], value: .verdict(.goto("net_web"))), sources6),
        (Element(network("10.0.0.0/8"), comment: "site"), networks),
        (Element([address("172.16.0.1")], through: [address("172.16.0.5")]), networks),
        (Element(network("192.168.1.1/32")), networks),
        (Element(network("240.0.0.0/4"), comment: "to the very end"), networks),
        (Element(network("fd00::/64")), networks6),
        (
            Element(
                [address("10.1.0.0"), address("10.2.0.0")], through: [address("10.1.0.255"), address("10.2.255.255")]),
            peers
        ),
        (Element([.link("br-web")], comment: "web"), links),
        (Element([.link("br-web"), .link("br-web")]), pairs),
        (Element([.transport(.tcp), .port(80)], value: .data([.mark(3)]), comment: "claims"), claims),
        (Element([.link("veth0"), hardware("02:00:00:00:00:01")], comment: "g"), stations),
    ]

    static let chains = [
        Chain(table, "net_web", comment: "network web"),
        Chain(table, "elsewhere"),
        Chain(table, "prerouting", base: .init(.nat, .prerouting, priority: -100)),
        Chain(table, "output", base: .init(.nat, .output, priority: -100)),
        Chain(table, "postrouting", base: .init(.nat, .postrouting, priority: 100)),
        Chain(table, "forward", base: .init(.filter, .forward, priority: 1, policy: .drop), comment: "isolation"),
        Chain(table, "raw", base: .init(.filter, .prerouting, priority: -300)),
        Chain(table, "late", base: .init(.filter, .prerouting, priority: 10)),
        Chain(bridge, "guard", base: .init(.filter, .prerouting, priority: -300)),
    ]

    static let rules: [Rule] = [
        rule("net_web", .destination(network("10.1.0.0/16")), .verdict(.return), comment: "own"),
        rule("net_web", .destination(network("224.0.0.0/4")), .verdict(.return)),
        rule("net_web", .destination(network("ff00::/8")), .verdict(.return)),
        rule("net_web", .destination(network("fd00:0:0:8::/61"), negated: true), .verdict(.return)),
        rule("net_web", .counter, .masquerade, comment: "masquerade of web"),
        rule(
            "prerouting", .destinationIsLocal(negated: false),
            .destinationNATMap(
                .v4, [.destination(.v4), .transport, .destinationPort], map: "host_ports", givesPort: true)),
        rule(
            "prerouting", .destinationIsLocal(negated: false),
            .destinationNATMap(
                .v6, [.destination(.v6), .transport, .destinationPort], map: "host_ports6", givesPort: true)),
        rule("prerouting", .destinationNATMap(.v4, [.transport, .destinationPort], map: "ports", givesPort: true)),
        rule("prerouting", .destinationNATMap(.v6, [.transport, .destinationPort], map: "ports6", givesPort: true)),
        rule("output", .transport(.tcp), .destinationPort(80), .destinationNAT(to: ip("10.9.0.1"), port: 8080)),
        rule("output", .transport(.tcp), .destinationPort(81), .destinationNAT(to: ip("fd00::9"), port: 8081)),
        rule("output", .transport(.udp), .destinationNAT(to: ip("10.9.0.1"), port: nil)),
        rule("output", .destinationIsLocal(negated: true), .verdict(.jump("elsewhere"))),
        rule("postrouting", .verdictMap([.source(.v4)], map: "sources")),
        rule("postrouting", .verdictMap([.source(.v6)], map: "sources6")),
        rule("postrouting", .destinationWasTranslated, .source(ip("127.0.0.1")), .masquerade(fullyRandom: true)),
        rule("postrouting", .mark(0x2000, mask: 0x2000), .masquerade),
        rule("postrouting", .source(network("10.3.0.0/16")), .sourceNAT(to: ip("192.0.2.9"))),
        rule("forward", .connectionState([.established, .related], negated: false), .verdict(.accept)),
        rule("forward", .connectionState(.invalid, negated: false), .verdict(.drop)),
        rule("forward", .connectionStatus(.destinationNAT, negated: true), .inputLink("br-web"), .verdict(.drop)),
        rule("forward", .connectionDirection(.reply), .verdict(.accept)),
        rule("forward", .inputLink("veth*"), .outputLink("br-web", negated: true), .verdict(.continue)),
        rule("forward", .lookup([.inputLink, .outputLink], set: "pairs", negated: false), .verdict(.accept)),
        rule("forward", .lookup([.inputLink], set: "links", negated: true), .verdict(.return)),
        rule(
            "forward", .lookup([.source(.v4)], set: "networks", negated: false),
            .lookup([.destination(.v4)], set: "networks", negated: true), .verdict(.drop)),
        rule("forward", .lookup([.source(.v4), .destination(.v4)], set: "peers", negated: false), .verdict(.accept)),
        rule("forward", .lookup([.source(.v6)], set: "networks6", negated: true), .reject),
        rule("forward", .family(.v6), .source(ip("fd00::5"), negated: true), .verdict(.goto("elsewhere"))),
        rule("forward", .sourceIsUnreachable, .verdict(.drop)),
        rule("forward", .connectionMark(0x10), .verdict(.accept)),
        rule(
            "forward", .match(.originalDestination(.v4), .equals(address("192.0.2.1")), negated: false),
            .verdict(.accept)),
        rule("forward", .transport(.udp, negated: true), .sourcePort(53), .verdict(.accept)),
        rule(
            "forward", .transport(.tcp), .match(.originalDestinationPort, .equals(.port(80)), negated: false),
            .verdict(.accept)),
        rule("raw", .destination(network("127.0.0.0/8")), .inputLink("lo", negated: true), .notrack),
        rule("raw", .setMark(0x2000, mask: 0x2000), .setConnectionMark(7, mask: .max)),
        rule("raw", .match(.sourceHardware, .equals(hardware("02:00:00:00:00:01")), negated: false), .counter),
        rule("late", .setMark(5, mask: .max), .setConnectionMark(1, mask: 3)),
        Rule(
            bridge, "guard",
            [.lookup([.inputLink, .sourceHardware], set: "stations", negated: true), .verdict(.drop)]),
        Rule(bridge, "guard", [.source(ip("10.1.0.2")), .verdict(.accept)]),
    ]

    static var transaction: Transaction {
        var transaction = Transaction()
        transaction.add(table, comment: "an example")
        transaction.add(bridge)
        for chain in chains { transaction.add(chain) }
        for set in sets { transaction.add(set) }
        // nft 1.0.6 refuses `create` for intervals of a set that is made in the same file.
        for (element, set) in elements { transaction.add(element, to: set, exclusive: !set.storesIntervalEnds) }
        for rule in rules { transaction.add(rule) }
        return transaction
    }

    static func element(_ key: [Field], to data: [Field], _ comment: String) -> Element {
        Element(key, value: .data(data), comment: comment)
    }

    static func ip(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { preconditionFailure("\(text) is an address") }
        return address
    }

    static func address(_ text: String) -> Field { .address(ip(text)) }

    static func network(_ text: String) -> IPNetwork {
        guard let network = IPNetwork(text) else { preconditionFailure("\(text) is a network") }
        return network
    }

    static func hardware(_ text: String) -> Field {
        guard let address = MACAddress(text) else { preconditionFailure("\(text) is a hardware address") }
        return .hardwareAddress(address)
    }

    private static func rule(_ chain: String, _ statements: Statement..., comment: String = "") -> Rule {
        Rule(table, chain, statements, comment: comment)
    }
}
