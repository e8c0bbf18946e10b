import Addressing
import LinuxSystem
import Testing

@testable import Nftables

@Suite("Elements in the kernel", .enabled(if: kernelTestsAreEnabled))
struct ElementTests {
    @Test("a dump gives back every element with its range, value and comment")
    func dump() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            for set in Example.sets {
                let expected = Set(Example.elements.filter { $0.1 == set }.map { $0.0.normalized })
                let elements = try #require(try socket.elements(of: set))
                #expect(Set(elements) == expected, "\(set)")
                #expect(elements.count == expected.count, "\(set)")
            }
        }
    }

    @Test("an element that is there is refused, with the command that names it; nothing else is applied")
    func exclusive() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            let taken = Example.elements[0].0
            let fresh = Example.element(
                [.transport(.tcp), .port(99)], to: [Example.address("10.1.0.9"), .port(9)], "")
            var transaction = Transaction()
            transaction.add(fresh, to: Example.ports)
            transaction.add(taken, to: Example.ports)
            transaction.add(Example.elements[1].0, to: Example.ports)
            let refusals = try socket.attempt(transaction)
            #expect(refusals.map(\.index) == [1, 2])
            let waits = socket.closingWaits
            #expect(waits)
            let first = try #require(refusals.first)
            #expect(first.error.errno == .exists)
            #expect(first.error.operation == "NFT_MSG_NEWSETELEM")
            #expect(first.error.subject.contains("tcp . 2333"))
            #expect(try socket.element(fresh.key, in: Example.ports) == nil)
            #expect(throws: first.error) { try socket.commit(transaction) }
        }
    }

    @Test("without exclusivity an equal element is accepted, and the first owner's comment stays")
    func shared() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var transaction = Transaction()
            transaction.add(Element([.link("br-web")], comment: "other"), to: Example.links, exclusive: false)
            try socket.commit(transaction)
            #expect(try socket.element([.link("br-web")], in: Example.links)?.comment == "web")
        }
    }

    @Test("several queries are answered together, absent elements, sets and tables as nil")
    func queries() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            #expect(try socket.element([.link("br-web")], in: Example.links) == nil)
            #expect(try socket.elements(of: Example.links) == nil)
            try socket.commit(Example.transaction)
            let absent = NamedSet(Example.table, "absent", key: [.port])
            let found = try socket.elements([
                ElementQuery(Example.elements[0].0.key, in: Example.ports),
                ElementQuery([.transport(.tcp), .port(1)], in: Example.ports),
                ElementQuery([.port(1)], in: absent),
                ElementQuery([.transport(.tcp), .port(3005)], in: Example.ranges),
                ElementQuery([Example.address("10.1.0.2")], in: Example.sources),
            ])
            #expect(found[0] == Example.elements[0].0)
            #expect(found[1] == nil)
            #expect(found[2] == nil)
            #expect(found[3]?.comment == "web/d/eth0")
            #expect(found[3]?.lastKey == [.transport(.tcp), .port(3010)])
            #expect(found[4]?.value == .verdict(.jump("net_web")))
            #expect(try socket.elements(of: absent) == nil)
        }
    }

    @Test("every element can be deleted by its key, ranges included")
    func deletion() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var transaction = Transaction()
            for (element, set) in Example.elements { transaction.delete(element, from: set) }
            try socket.commit(transaction)
            for set in Example.sets { #expect(try socket.elements(of: set) == [], "\(set)") }
            let refusals = try socket.attempt(transaction)
            #expect(refusals.count == Example.elements.count)
            let others = refusals.filter { $0.error.errno != .noEntry }
            #expect(others.isEmpty)
            #expect(try socket.commit(transaction, tolerating: [.noEntry]).sorted() == Array(Example.elements.indices))
        }
    }

    @Test("a tolerated refusal takes nothing else with it")
    func tolerance() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var transaction = Transaction()
            transaction.delete(Element([.link("absent")]), from: Example.links)
            transaction.delete(Element([.link("br-web")]), from: Example.links)
            transaction.append(.deleteChain(Example.table, chain: "net_web"))
            let dropped = try socket.commit(transaction, tolerating: [.noEntry, .busy])
            #expect(dropped.sorted() == [0, 2])
            #expect(try socket.elements(of: Example.links) == [])
            #expect(try socket.chain("net_web", in: Example.table) != nil)
            #expect(throws: SystemError.self) { try socket.commit(transaction, tolerating: [.busy]) }
        }
    }

    @Test("adjacent ranges of one-part keys are told apart")
    func adjacent() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            let networks = ["11.0.0.0/8", "12.0.0.0/8", "13.0.0.0/8"].map(Example.network)
            var transaction = Transaction()
            transaction.append(.flushSet(Example.table, set: "networks"))
            for network in networks {
                transaction.add(Element(network, comment: "\(network)"), to: Example.networks)
            }
            try socket.commit(transaction)
            let elements = try #require(try socket.elements(of: Example.networks))
            let wanted = networks.map { Element($0, comment: "\($0)") }
            #expect(Set(elements) == Set(wanted))
        }
    }

    @Test("thousands of elements go in by one transaction, and each of them is refused by name the second time")
    func many() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var transaction = Transaction()
            for port in UInt16(10000)..<14096 {
                let element = Example.element(
                    [.transport(.tcp), .port(port)], to: [Example.address("10.1.0.2"), .port(port)],
                    "network/0123456789abcdef0123456789abcdef/eth0")
                transaction.add(element, to: Example.ports)
            }
            try socket.commit(transaction)
            #expect(try socket.elements(of: Example.ports)?.count == 4098)
            let refusals = try socket.attempt(transaction)
            #expect(refusals.map(\.index) == Array(0..<4096))
        }
    }

    @Test("many elements of one command are split over messages and applied together")
    func bulk() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            let elements = (UInt16(1)...5000).map {
                Example.element([.transport(.udp), .port($0)], to: [Example.address("10.1.0.2"), .port($0)], "o")
            }
            var transaction = Transaction()
            transaction.append(.flushSet(Example.table, set: "ports"))
            transaction.add(elements, to: Example.ports)
            try socket.commit(transaction)
            #expect(try Set(socket.elements(of: Example.ports) ?? []) == Set(elements))
            let last = try #require(elements.last)
            var second = Transaction()
            second.add([Element([.transport(.tcp), .port(1)], value: last.value), last], to: Example.ports)
            #expect(try socket.attempt(second).map(\.index) == [0])
        }
    }

    @Test("a comment is cut to what the kernel's userdata and nft(8) take, between characters")
    func longComment() throws {
        try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            var transaction = Transaction()
            transaction.add(
                Element([.link("br0")], comment: String(repeating: "x", count: 126) + "é tail"), to: Example.links)
            try socket.commit(transaction)
            let found = try #require(try socket.element([.link("br0")], in: Example.links))
            #expect(found.comment == String(repeating: "x", count: 126))
        }
    }
}

extension Element {
    /// As a dump gives it back: a range of one key is that key.
    fileprivate var normalized: Element {
        lastKey == key ? Element(key, value: value, comment: comment) : self
    }
}
