import Addressing
import LinuxSystem
import Testing

@testable import Nftables

@Suite("Reading and changing the rule set", .enabled(if: kernelTestsAreEnabled))
struct RuleSetTests {
    @Test("tables are found with their comments")
    func tables() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            #expect(try socket.tables() == [])
            #expect(try !socket.exists(Example.table))
            try socket.commit(Example.transaction)
            #expect(try Set(socket.tables()) == [Example.table, Example.bridge])
            #expect(try socket.tables(.bridge) == [Example.bridge])
            #expect(try socket.comment(of: Example.table) == "an example")
            #expect(try socket.comment(of: Example.bridge) == "")
            var transaction = Transaction()
            transaction.append(.deleteTable(Example.table))
            try socket.commit(transaction)
            #expect(try socket.comment(of: Example.table) == nil)
        }
    }

    @Test("committing twice changes no table, chain or set")
    func idempotence() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            var transaction = Transaction()
            transaction.add(Example.table)
            for chain in Example.chains where chain.table == Example.table { transaction.add(chain) }
            for set in Example.sets where set.table == Example.table { transaction.add(set) }
            try socket.commit(transaction)
            let before = try witness("nft list ruleset")
            try socket.commit(transaction)
            #expect(try witness("nft list ruleset") == before)
        }
    }

    @Test("sets are reported as they were made")
    func sets() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            #expect(try socket.sets(in: Example.table) == [])
            try socket.commit(Example.transaction)
            let observed = try socket.sets(in: Example.table) + socket.sets(in: Example.bridge)
            #expect(observed.count == Example.sets.count)
            for set in Example.sets {
                let first = observed.first { $0.name == set.name }
                let found = try #require(first)
                #expect(found.matches(set), "\(set)")
                #expect(found.comment == set.comment)
                let alike = Example.sets.filter { $0.name != set.name && found.matches($0) }
                #expect(alike.isEmpty)
            }
        }
    }

    @Test("chains of other programs are seen with hook, priority and policy")
    func foreignChains() throws {
        try inPrivateNamespace {
            _ = try witness(
                "nft -f -",
                input: """
                    add table ip filter
                    add chain ip filter FORWARD { type filter hook forward priority filter; policy drop; }
                    add table ip6 filter
                    add chain ip6 filter FORWARD { type filter hook forward priority -5; }
                    add chain ip6 filter plain

                    """)
            var socket = try NftablesSocket.open()
            let chains = try socket.chains()
            let forward = chains.first { $0.table == Table(.ipv4, "filter") && $0.name == "FORWARD" }
            #expect(forward?.base == .init(kind: "filter", hook: 2, priority: 0, policy: .drop))
            let forward6 = try #require(try socket.chain("FORWARD", in: Table(.ipv6, "filter")))
            #expect(forward6.base == .init(kind: "filter", hook: 2, priority: -5, policy: .accept))
            let plain = chains.filter { $0.name == "plain" }
            #expect(plain.count == 1 && plain.first?.base == nil)
            #expect(try socket.chains(.ipv4).count == 1)
            #expect(try socket.chain("absent", in: Table(.ipv4, "filter")) == nil)
            #expect(try socket.chain("FORWARD", in: Table(.ipv4, "absent")) == nil)
        }
    }

    @Test("rules are listed in order with comments, verdicts and lookups, and deleted by handle")
    func rules() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var rules = try socket.rules(of: "net_web", in: Example.table)
            #expect(rules.map(\.comment) == ["own", "", "", "", "masquerade of web"])
            #expect(rules[0].parts.last == .verdict(.return))
            let forward = try socket.rules(of: "forward", in: Example.table)
            let jumps = forward.filter { $0.targets == ["elsewhere"] }
            let lookups = forward.filter { $0.parts.contains(.lookup(set: "pairs")) }
            #expect(!jumps.isEmpty && !lookups.isEmpty)
            #expect(try socket.rules(of: "absent", in: Example.table) == [])

            var transaction = Transaction()
            transaction.append(.deleteRule(Example.table, chain: "net_web", handle: rules[0].handle))
            transaction.insert(Rule(Example.table, "net_web", [.counter], comment: "head"))
            try socket.commit(transaction)
            rules = try socket.rules(of: "net_web", in: Example.table)
            #expect(rules.map(\.comment) == ["head", "", "", "", "masquerade of web"])
            let refusal = try #require(try socket.attempt(transaction).first)
            #expect(refusal.index == 0)
            #expect(refusal.error.errno == .noEntry)

            var flush = Transaction()
            flush.append(.flushChain(Example.table, chain: "net_web"))
            try socket.commit(flush)
            #expect(try socket.rules(of: "net_web", in: Example.table) == [])
        }
    }

    @Test("a chain goes with the elements that lead to it, in one transaction, and not without them")
    func referencedChain() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var alone = Transaction()
            alone.append(.deleteChain(Example.table, chain: "net_web"))
            #expect(try socket.attempt(alone).map(\.error.errno) == [.busy])
            var together = Transaction()
            together.delete(Element([Example.address("10.1.0.2")]), from: Example.sources)
            together.delete(Element([Example.address("fd00::2")]), from: Example.sources6)
            together.append(.deleteChain(Example.table, chain: "net_web"))
            try socket.commit(together)
            #expect(try socket.chain("net_web", in: Example.table) == nil)
        }
    }

    @Test("what iptables-nft wrote is read: its comments and the chains it jumps to")
    func iptables() throws {
        try inPrivateNamespace {
            _ = try witness("iptables-nft -t nat -N CNI-DN-0123")
            _ = try witness(
                """
                iptables-nft -t nat -A PREROUTING -p tcp -m multiport --dports 80,81 \\
                    -m comment --comment 'dnat name: "net"' -j CNI-DN-0123
                """)
            var socket = try NftablesSocket.open()
            let rules = try socket.rules(of: "PREROUTING", in: Table(.ipv4, "nat"))
            let rule = try #require(rules.first)
            #expect(rule.targets == ["CNI-DN-0123"])
            #expect((rule.extensionComment ?? rule.comment) == "dnat name: \"net\"")
            let matches = rule.parts.filter { if case .extensionMatch("multiport", _) = $0 { true } else { false } }
            #expect(!matches.isEmpty)
        }
    }

    @Test("a transaction of an older generation is refused whole")
    func generation() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            let old = try socket.generation()
            var transaction = Example.transaction
            transaction.generation = old
            try socket.commit(transaction)
            let new = try socket.generation()
            #expect(new != old)
            let error = #expect(throws: SystemError.self) { try socket.commit(transaction) }
            // ERESTART, a number of the kernel's own.
            #expect(error?.errno == Errno(rawValue: 85))
            transaction = Transaction()
            transaction.generation = new
            transaction.append(.deleteTable(Example.table))
            try socket.commit(transaction)
        }
    }

    @Test("flows are forgotten by port, destination and answering container, and no others")
    func conntrack() throws {
        try inPrivateNamespace {
            for line in [
                "-s 198.51.100.2 -d 198.51.100.1 -p udp --sport 1000 --dport 53 --dst-nat 10.1.0.2",
                "-s 198.51.100.2 -d 198.51.100.1 -p udp --sport 1001 --dport 53 --dst-nat 10.1.0.3",
                "-s 198.51.100.2 -d 192.0.2.1 -p udp --sport 1002 --dport 53",
                "-s 198.51.100.2 -d 198.51.100.1 -p udp --sport 1003 --dport 5353",
                "-s 198.51.100.2 -d 198.51.100.1 -p tcp --state ESTABLISHED --sport 1004 --dport 53",
                "-s fd00::1 -d fd00::2 -p udp --sport 1005 --dport 53",
            ] { _ = try witness("conntrack -I -t 300 -u SEEN_REPLY \(line)") }
            var socket = try ConntrackSocket.open()
            #expect(try socket.delete(.v4, matching: []) == 0)
            let container = FlowPattern(.udp, destinationPorts: 53...53, replySource: Example.ip("10.1.0.2"))
            #expect(try socket.delete(.v4, matching: [container]) == 1)
            #expect(try socket.delete(.v4, matching: [container]) == 0)
            let host = FlowPattern(.udp, destinationPorts: 50...60, destination: Example.ip("198.51.100.1"))
            #expect(try socket.delete(.v4, matching: [host, FlowPattern(.udp, destinationPorts: 7...7)]) == 1)
            #expect(try socket.delete(.v6, matching: [FlowPattern(.udp, destinationPorts: 53...53)]) == 1)
            #expect(
                try socket.delete(.v4, matching: [FlowPattern(.udp), FlowPattern(.tcp, destinationPorts: 1...1)]) == 2)
            let left = try witness("conntrack -L 2>/dev/null")
            #expect(left.contains("sport=1004"))
            let flows = left.split(separator: "\n").filter { $0.contains("sport=") }
            #expect(flows.count == 1)
        }
    }
}
