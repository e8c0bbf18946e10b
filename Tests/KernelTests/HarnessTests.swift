import TestSupport
import Testing

/// The harness itself: a test that could not fail proves nothing.
@Suite(.needsKernel) struct HarnessTests {
    @Test("a host has an uplink, an outside, and nothing of the machine's") func hostIsPrivate() throws {
        try withTestHost { host in
            try host.run("ping", "-c1", "-W5", TestHost.outsideAddress)
            let links = try Document(parsing: host.run("ip", "-j", "link")).elements.compactMap { $0["ifname"].string }
            #expect(links == ["lo", "uplink"])
            #expect(host.list("/var/lib/cni").isEmpty)
            #expect(host.list("/run/netns") == ["outside"])
        }
    }

    @Test(
        "a snapshot names each kind of change, and two of an unchanged host are equal",
        arguments: [
            ("ip link add b0 type bridge", "b0"),
            ("ip address add 192.0.2.1/32 dev lo", "192.0.2.1"),
            ("ip route add 203.0.113.0/24 dev uplink table 77", "203.0.113.0/24"),
            ("ip rule add from 192.0.2.9 lookup 77", "192.0.2.9"),
            ("ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:01 dev uplink nud permanent", "198.51.100.9"),
            ("bridge fdb add 02:00:00:00:00:01 dev uplink", "02:00:00:00:00:01"),
            ("nft add table inet leftover", "leftover"),
            (
                "nft 'add table ip t; add map ip t m { type inet_service : verdict; }; add element ip t m { 8099 : accept }'",
                "8099"
            ),
            ("sysctl -qw net.ipv4.conf.uplink.route_localnet=1", "route_localnet"),
            ("iptables -A FORWARD -s 192.0.2.7 -j ACCEPT", "192.0.2.7"),
            ("mkdir /var/lib/cni/networks; echo x >/var/lib/cni/networks/192.0.2.8", "192.0.2.8"),
        ])
    func snapshotSees(change: String, name: String) throws {
        try withTestHost { host in
            let before = try host.snapshot()
            let unchanged = try host.snapshot().changes(since: before)
            #expect(unchanged == [])
            try host.shell(change)
            let changes = try host.snapshot().changes(since: before)
            let seen = changes.filter { $0.hasPrefix("+") && $0.contains(name) }
            #expect(!seen.isEmpty, "\(changes)")
        }
    }

    @Test("a command's ending, output and figures are its own") func commandEnding() throws {
        let failed = try Command("/bin/sh", ["-c", "cat; echo said >&2; exit 7"], input: Array("given".utf8)).run()
        #expect(failed.ending == .exited(7))
        #expect(failed.text == "given")
        #expect(failed.errorText == "said\n")
        #expect(try Command("/bin/sh", ["-c", "kill -9 $$"]).run().ending == .signalled(9))
        #expect(try Command("sleep", ["600"], timeout: .milliseconds(50)).run().ending == .timedOut)
        #expect(throws: TestFailure.self) { try Command("/does/not/exist").run() }
    }

    @Test("the tracer kills on entry of the call that was asked for") func tracerKills() throws {
        let command = Command("/bin/true")
        let whole = try command.run(with: .none)
        #expect(whole.finished.succeeded)
        #expect(whole.trace.calls > 10)
        #expect((100...20_000).contains(whole.trace.residentKilobytes), "of /bin/true, not of this process")
        for position in 1...whole.trace.calls - 1 {
            let (finished, trace) = try command.run(with: .killAtCall(position))
            #expect(finished.ending == .signalled(9))
            #expect(trace.injected)
            #expect(trace.calls == position)
        }
        #expect(try !command.run(with: .killAtCall(whole.trace.calls + 5)).trace.injected)
    }

    @Test("the tracer has the kernel refuse the request that was asked for, rtnetlink and nf_tables alike")
    func tracerRefuses() throws {
        try withTestHost { host in
            let link = Command("ip", ["link", "add", "b0", "type", "bridge"], place: host.place)
            let requests = try link.run(with: .none).trace.requests
            try host.run("ip", "link", "delete", "b0")
            let (finished, trace) = try link.run(with: .refuseRequest(requests))
            #expect(trace.injected)
            #expect(finished.ending == .exited(2))
            #expect(finished.errorText.contains("not supported"))

            let rules = Command("nft", ["add table inet a; add table inet b"], place: host.place)
            let before = try host.snapshot()
            let counted = try rules.run(with: .none).trace.requests
            #expect(counted >= 2)
            try host.run("nft", "flush", "ruleset")
            #expect(try rules.run(with: .refuseRequest(counted)).finished.ending == .exited(1))
            #expect(try host.snapshot().changes(since: before) == [])
        }
    }

    @Test("hosts live side by side, and parallel work comes back in order") func parallel() throws {
        let names = try inParallel(8, atOnce: 4) { index in
            try withTestHost { host in
                try host.run("ip", "link", "add", "mine\(index)", "type", "bridge")
                return try host.run("ip", "-br", "link", "show", "type", "bridge").prefix(5)
            }
        }
        #expect(names == (0..<8).map { "mine\($0)" })
    }
}

extension HarnessTests {
    @Test("sockets of a namespace reach each other, and name the peer", arguments: ["198.51.100.2", "2001:db8:1::2"])
    func sockets(address: String) throws {
        try withTestHost { host in
            let listener = try Socket.listening(.tcp, on: address, port: 0, in: host.outside.place)
            let client = try Socket.connected(to: address, port: listener.port, in: host.place)
            let (connection, peer) = try listener.accept()
            #expect(peer == address.dropLast() + "1")
            try client.send("hello")
            #expect(try connection.receive().text == "hello")
            let datagrams = try Socket.listening(.udp, on: address, port: 0, in: host.outside.place)
            try Socket.connected(.udp, to: address, port: datagrams.port, in: host.place).send("datagram")
            let received = try datagrams.receive()
            #expect(received.text == "datagram")
            #expect(received.peer == address.dropLast() + "1")
            #expect(throws: TestFailure.self) {
                try Socket.connected(to: address, port: 1, in: host.place, within: .milliseconds(500))
            }
        }
    }
}
