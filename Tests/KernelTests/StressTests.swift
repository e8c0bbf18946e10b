import TestSupport
import Testing

/// Many attachments at once.
@Suite(.needsKernel, .needsPlugins) struct StressTests {
    @Test("200 attachments, 64 at a time, on mixed networks: no address twice, no rule lost, nothing left")
    func manyAtOnce() throws {
        try withTestHost { host in
            let lists = [
                Networks.bridge("one", bridge: "br1", subnet: "10.1.0.0/24", ports: true),
                Networks.bridge("two", bridge: "br2", subnet: "10.2.0.0/24", subnet6: "fd00:2::/64"),
                Networks.bridge(
                    "three", bridge: "br3", subnet: "10.3.0.0/24", ports: true, more: [["type": "firewall"]]),
            ]
            let chains = lists.map { Chain($0, on: host) }
            let containers = try (0..<200).map { try host.makeContainer("c\($0)") }
            let attachments = containers.enumerated().map { index, container in
                CNIAttachment(container, capabilityArguments: Networks.mapping(host: 20000 + index, container: 80))
            }
            let warm = try host.makeContainer("warm")
            for chain in chains {
                let attachment = CNIAttachment(warm, capabilityArguments: Networks.mapping(host: 19999, container: 80))
                try chain.delete(attachment, previous: chain.add(attachment))
            }
            let before = try host.snapshot()

            let results = try inParallel(200, atOnce: 64) { index in
                try chains[index % chains.count].add(attachments[index])
            }
            let addresses = results.flatMap { $0["ips"].elements.compactMap { $0["address"].string } }
            #expect(addresses.count == 200 + 67)
            #expect(Set(addresses).count == addresses.count)
            try inParallel(200, atOnce: 16) { index in
                try chains[index % chains.count].check(attachments[index], previous: results[index])
            }
            // Each published port is there: the connection gets through to its own container.
            for index in stride(from: 0, to: 200, by: 7) where index % 3 != 1 {
                try expectReachable(host, containers[index], port: 20000 + index)
            }

            try inParallel(200, atOnce: 64) { index in
                try chains[index % chains.count].delete(attachments[index], previous: results[index])
            }
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
        }
    }

    @Test("ADD and DEL of one network cross each other, 64 at a time, and nothing is left") func crossing() throws {
        try withTestHost { host in
            let chain = Chain(Networks.bridge(subnet: "10.9.0.0/24", ports: true), on: host)
            let containers = try (0..<64).map { try host.makeContainer("c\($0)") }
            let warm = CNIAttachment(containers[0], capabilityArguments: Networks.mapping(host: 20000, container: 80))
            try chain.delete(warm, previous: chain.add(warm))
            let before = try host.snapshot()
            try inParallel(64, atOnce: 64) { index in
                let attachment = CNIAttachment(
                    containers[index], capabilityArguments: Networks.mapping(host: 20000 + index, container: 80))
                for round in 0..<3 {
                    let result = try chain.add(attachment)
                    // A runtime that lost its cache sends no prevResult.
                    try chain.delete(attachment, previous: round == 1 ? nil : result)
                }
            }
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
        }
    }

    /// Another program: two transactions for each round on a table of its own, until it is told to stop.
    private static let neighbour = """
        ( echo 'add table inet other'; echo 'add set inet other s { type ipv4_addr; }'
          rounds=0
          while [ ! -e /run/neighbour-stop ]; do
              echo 'add element inet other s { 10.0.0.1 }'; echo 'flush set inet other s'
              rounds=$((rounds + 1))
          done
          echo $rounds > /run/neighbour-rounds ) | nft -i >/dev/null 2>&1
        """

    @Test("another program that changes its own table all the time lets every ADD, CHECK, DEL and GC succeed")
    func besideAnotherProgram() throws {
        try withTestHost { host in
            let chain = Chain(
                Networks.bridge(version: "1.1.0", ports: true, more: [["type": "firewall"]]), on: host)
            let containers = try (0..<60).map { try host.makeContainer("c\($0)") }
            let attachments = containers.enumerated().map { index, container in
                CNIAttachment(container, capabilityArguments: Networks.mapping(host: 20000 + index, container: 80))
            }
            try chain.delete(attachments[0], previous: chain.add(attachments[0]))
            let before = try host.snapshot()
            let (neighbour, _) = try host.command("/bin/sh", ["-c", Self.neighbour]).startReading()
            defer { _ = try? host.shell("touch /run/neighbour-stop") }

            let results = try inParallel(60, atOnce: 4) { index in
                let result = try chain.add(attachments[index])
                try chain.check(attachments[index], previous: result)
                return result
            }
            try inParallel(20, atOnce: 4) { try chain.delete(attachments[$0], previous: results[$0]) }
            // Without records DEL looks through all elements.
            try host.shell("rm -r /var/lib/hawser/* /run/hawser/*")
            try inParallel(20, atOnce: 4) { try chain.delete(attachments[20 + $0]) }
            try chain.collectGarbage(keeping: [])
            // GC found no records of these: their links are DEL's.
            try inParallel(20, atOnce: 4) { try chain.delete(attachments[40 + $0]) }

            try host.shell("touch /run/neighbour-stop")
            try neighbour.finish().orThrow()
            let rounds = try #require(Int((host.read("/run/neighbour-rounds") ?? "").dropLast()))
            #expect(rounds > 1000, "the other program did too little to be in the way")
            try host.run("nft", "delete", "table", "inet", "other")
            let changes = try host.snapshot().changes(since: before)
            let left = changes.filter { !$0.contains("var/lib/hawser") && !$0.contains("run/hawser") }
            #expect(left == [])
        }
    }

    private func expectReachable(_ host: TestHost, _ container: Container, port: Int) throws {
        let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: container.place)
        _ = try Socket.connected(to: TestHost.uplinkAddress, port: UInt16(port), in: host.outside.place)
        _ = try listener.accept()
    }
}
