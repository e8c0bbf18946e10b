import Testing

@testable import Nftables

@Suite("Transactions")
struct TransactionTests {
    @Test("the text of every command is what nft(8) reads")
    func text() throws {
        try expectGolden("example.nft", Example.transaction.description)
    }

    @Test("every rule lowers to the expressions on file")
    func expressions() throws {
        var text = ""
        for rule in Example.rules {
            text += "\(rule)\n"
            for expression in rule.expressions { text += "  \(expression)\n" }
        }
        try expectGolden("example.expressions", text)
    }

    @Test("leaving commands out keeps the order of the rest and the generation")
    func removing() {
        var transaction = Example.transaction
        transaction.generation = 7
        let rest = transaction.removing([0, 2])
        #expect(rest.generation == 7)
        #expect(rest.commands.first == transaction.commands[1])
        #expect(rest.commands.count == transaction.commands.count - 2)
    }
}

@Suite("The kernel's rule set", .enabled(if: kernelTestsAreEnabled))
struct KernelTests {
    @Test("nft(8) lists what we commit as it lists what it commits itself")
    func listing() throws {
        let ours = try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            return try witness("nft list ruleset")
        }
        let theirs = try inPrivateNamespace {
            _ = try witness("nft -f -", input: Example.transaction.description)
            return try witness("nft list ruleset")
        }
        #expect(ours == theirs)
        try expectGolden("example.listing", ours)
    }

    @Test("rules lower to the expressions that nft(8) makes of their text")
    func lowering() throws {
        let output = try inPrivateNamespace {
            try witness("nft --debug=netlink -f -", input: Example.transaction.description)
        }
        var theirs: [[String]] = []
        for line in output.split(separator: "\n") {
            if line.hasPrefix("inet example ") || line.hasPrefix("bridge example ") { theirs.append([]) }
            if line.hasPrefix("  [ "), !theirs.isEmpty { theirs[theirs.count - 1].append(String(line.dropFirst(2))) }
        }
        #expect(theirs.count == Example.rules.count)
        for (rule, expected) in zip(Example.rules, theirs) {
            let ours = rule.expressions.map { "\($0)" }
            #expect(ours == expected, "\(rule)")
        }
    }
}
