import Addressing
import Nftables

/// Reads the input as nf_tables' answers: tables, chains, rules, and the elements of sets of each shape in use.
func fuzzNftables(_ bytes: [UInt8]) {
    let table = Table(.inet, "fuzz")
    ask(bytes) { try? $0.generation() }
    ask(bytes) { try? $0.comment(of: table) }
    ask(bytes) { try? $0.tables() }
    ask(bytes) { try? $0.chains() }
    ask(bytes) { try? $0.chain("forward", in: table) }
    ask(bytes) { try? $0.rules(of: "forward", in: table) }
    ask(bytes) { try? $0.sets(in: table) }
    let sets = [
        NamedSet(table, "ports", key: [.transport, .port], value: .data([.ipv4Address, .port])),
        NamedSet(table, "ranges", key: [.transport, .port], value: .data([.ipv4Address]), holdsIntervals: true),
        NamedSet(table, "sources", key: [.ipv6Address], value: .verdict),
        NamedSet(table, "networks", key: [.ipv4Address], holdsIntervals: true),
        NamedSet(table, "links", key: [.linkName, .hardwareAddress]),
    ]
    for set in sets {
        let elements = ask(bytes) { try? $0.elements(of: set) }
        for element in elements ?? [] {
            precondition(element.key.count == set.key.count, "an element's key has the fields of its set")
            precondition(element.comment.utf8.count <= 3 * bytes.count, "a comment longer than what was read")
        }
        let key = elements?.first?.key ?? []
        guard !key.isEmpty else { continue }
        let found = ask(bytes) { try? $0.elements([ElementQuery(key, in: set), ElementQuery(key, in: set)]) }
        precondition(found == nil || found?.count == 2, "an answer for each query")
    }
}

/// Reads the input as conntrack's answers: flows that match are asked to be deleted, and only so many as there are.
func fuzzConntrack(_ bytes: [UInt8]) {
    let patterns = [
        FlowPattern(.udp, destinationPorts: 53...53, destination: IPAddress("198.51.100.1")),
        FlowPattern(.udp, replySource: IPAddress("10.1.0.2")), FlowPattern(.tcp),
    ]
    for family in [IPFamily.v4, .v6] {
        var connection = ConntrackConnection(ReplayTransport(bytes))
        guard let deleted = try? connection.delete(family, matching: patterns) else { continue }
        precondition(deleted * 16 <= bytes.count, "more flows than were read")
    }
}

/// Asks one question of a kernel that answers the input.
@discardableResult
private func ask<R>(_ bytes: [UInt8], _ question: (inout NftablesConnection<ReplayTransport>) -> R) -> R {
    var connection = NftablesConnection(ReplayTransport(bytes))
    return question(&connection)
}
