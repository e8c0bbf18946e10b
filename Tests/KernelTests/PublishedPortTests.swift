import TestSupport
import Testing

/// Every way to a published port, with packets, on the plugins that ship.
@Suite(.needsKernel, .needsPlugins) struct PublishedPortTests {
    private static let published: Document = [
        ["hostPort": 8080, "containerPort": 80, "protocol": "tcp"],
        ["hostPort": 8080, "containerPort": 80, "protocol": "udp"],
    ]

    @Test("it is reached from everywhere, by the source it should be", arguments: [false, true], [0, 1])
    func everywhere(filtersBridgedFrames: Bool, family: Int) throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            try networks.filterBridgedFrames(filtersBridgedFrames)
            try networks.attach(Self.published)
            let any = family == 0 ? "0.0.0.0" : "::"
            let listener = try Socket.listening(.tcp, on: any, port: 80, in: networks.container.place)
            let gateway = TwoNetworks.gateway[family]
            let uplink = TwoNetworks.hostAddress[family]
            let outside = TwoNetworks.outsideAddress[family]
            let otherGateway = family == 0 ? "10.89.0.1" : "fd00:89::1"
            func peer(_ place: Place, _ address: String) -> String? {
                networks.peer(from: place, to: address, port: 8080, listener)
            }
            // Those of its subnet would be answered past the host: they appear as the bridge.
            #expect(peer(networks.container.place, gateway) == gateway)
            #expect(peer(networks.container.place, uplink) == gateway)
            #expect(peer(networks.neighbour.place, gateway) == gateway)
            #expect(peer(networks.neighbour.place, uplink) == gateway)
            // Another network's containers are masqueraded by their own network.
            #expect(peer(networks.stranger.place, uplink) == gateway)
            #expect(peer(networks.stranger.place, otherGateway) == gateway)
            #expect(peer(host.place, uplink) == uplink)
            #expect(peer(host.place, gateway) == gateway)
            if family == 0 {
                #expect(peer(host.place, "127.0.0.1") == gateway)
            } else {
                // Refused at once, so that clients go on to 127.0.0.1.
                #expect(throws: TestFailure.self) {
                    try Socket.connected(to: "::1", port: 8080, in: host.place, within: .seconds(60))
                }
            }
            // From beyond, the real source.
            #expect(peer(host.outside.place, uplink) == outside)
            // Direct traffic is never translated.
            #expect(
                networks.peer(from: networks.neighbour.place, to: TwoNetworks.address[family], port: 80, listener)
                    == TwoNetworks.neighbourAddress[family])
        }
    }

    @Test("UDP too, and a flow from before does not go past it") func datagrams() throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            let early = try Socket.connected(.udp, to: TestHost.uplinkAddress, port: 8080, in: host.outside.place)
            let onHost = try Socket.listening(.udp, on: "0.0.0.0", port: 8080, in: host.place)
            try early.send("before")
            #expect(try onHost.receive().text == "before")
            let attachment = try networks.attach(Self.published)
            let listener = try Socket.listening(.udp, on: "0.0.0.0", port: 80, in: networks.container.place)
            try early.send("after")
            let received = try listener.receive()
            #expect(received.text == "after")
            #expect(received.peer == TestHost.outsideAddress)
            // And the reverse: withdrawn, the same flow reaches the host again.
            try networks.chain.delete(attachment)
            try early.send("withdrawn")
            #expect(try onHost.receive().text == "withdrawn")
        }
    }

    @Test("a hostIP publishes on that address only; a range maps port by port")
    func addressesAndRanges() throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            try networks.attach([
                ["hostPort": 8081, "containerPort": 80, "protocol": "tcp", "hostIP": .string(TestHost.uplinkAddress)],
                ["hostPort": 8082, "containerPort": 80, "protocol": "TCP", "hostIP": "127.0.0.1"],
                ["hostPort": 9000, "containerPort": 9000, "protocol": "tcp", "range": 101],
                ["hostPort": 7000, "containerPort": 8998, "protocol": "tcp", "range": 5],
            ])
            let web = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: networks.container.place)
            let inRange = try Socket.listening(.tcp, on: "0.0.0.0", port: 9000, in: networks.container.place)
            let outside = host.outside.place
            func peer(_ place: Place, _ address: String, _ port: UInt16, _ listener: Socket) -> String? {
                networks.peer(from: place, to: address, port: port, listener)
            }
            #expect(peer(outside, TestHost.uplinkAddress, 8081, web) == TestHost.outsideAddress)
            #expect(peer(networks.neighbour.place, "10.88.0.1", 8081, web) == nil)
            #expect(peer(host.place, "127.0.0.1", 8081, web) == nil)
            #expect(peer(host.place, "127.0.0.1", 8082, web) == "10.88.0.1")
            #expect(peer(outside, TestHost.uplinkAddress, 8082, web) == nil)
            #expect(peer(outside, TestHost.uplinkAddress, 9000, inRange) == TestHost.outsideAddress)
            #expect(peer(outside, TestHost.uplinkAddress, 7002, inRange) == TestHost.outsideAddress)
            #expect(peer(outside, TestHost.uplinkAddress, 9101, inRange) == nil)
            let last = try Socket.listening(.tcp, on: "::", port: 9100, in: networks.container.place)
            #expect(peer(outside, "2001:db8:1::1", 9100, last) == "2001:db8:1::2")
        }
    }

    /// A port on every address, one on loopback, and a range.
    private static let takenPorts: Document = [
        ["hostPort": 8080, "containerPort": 80, "protocol": "tcp"],
        ["hostPort": 8081, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.1"],
        ["hostPort": 9000, "containerPort": 9000, "protocol": "tcp", "range": 101],
    ]

    @Test(
        "what another publishes is refused, naming it, and leaves nothing",
        arguments: [
            (["hostPort": 8080, "containerPort": 1, "protocol": "tcp"], "tcp 8080"),
            (
                ["hostPort": 8080, "containerPort": 1, "protocol": "tcp", "hostIP": "198.51.100.1"],
                "tcp 198.51.100.1:8080"
            ),
            (["hostPort": 8081, "containerPort": 1, "protocol": "tcp"], "tcp 8081"),
            (["hostPort": 8081, "containerPort": 1, "protocol": "tcp", "hostIP": "127.0.0.1"], "tcp 127.0.0.1:8081"),
            (["hostPort": 9050, "containerPort": 1, "protocol": "tcp"], "tcp 9050"),
            (["hostPort": 9050, "containerPort": 1, "protocol": "tcp", "hostIP": "127.0.0.1"], "tcp 127.0.0.1:9050"),
            (["hostPort": 8000, "containerPort": 8000, "protocol": "tcp", "range": 100], "tcp 8000-8099"),
            (["hostPort": 8079, "containerPort": 1, "protocol": "tcp", "range": 2], "tcp 8080"),
            (["hostPort": 9100, "containerPort": 9100, "protocol": "tcp", "range": 2], "tcp 9100-9101"),
        ] as [(Document, String)])
    func taken(mapping: Document, name: String) throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            try networks.attach(Self.takenPorts)
            let late = CNIAttachment(
                try host.makeContainer("late"), capabilityArguments: ["portMappings": [mapping]])
            let result = try networks.chain.invocation(.add, networks.chain.plugins[0], late).run().result()
            let before = try host.snapshot()
            let refused = networks.chain.invocation(.add, networks.chain.plugins[1], late, previous: result)
            let error = try refused.run().error()
            #expect(error.code == 101)
            #expect(error.message == "host port \(name) is already published by net/c/eth0")
            try expectUnchanged(host, since: before)
        }
    }

    @Test("the same port on other addresses, by another protocol, or behind it, is free") func notTaken() throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            try networks.attach(Self.takenPorts)
            let late = CNIAttachment(
                try host.makeContainer("late"),
                capabilityArguments: [
                    "portMappings": [
                        ["hostPort": 8080, "containerPort": 80, "protocol": "udp"],
                        ["hostPort": 8081, "containerPort": 80, "protocol": "tcp", "hostIP": "198.51.100.1"],
                        ["hostPort": 9101, "containerPort": 9101, "protocol": "tcp", "range": 10],
                        ["hostPort": 9000, "containerPort": 9000, "protocol": "udp", "range": 101],
                    ]
                ])
            let bridge = networks.chain.invocation(.add, networks.chain.plugins[0], late)
            let result = try bridge.run().result()
            let portmap = networks.chain.plugins[1]
            func run(_ verb: PluginInvocation.Verb) throws -> PluginOutcome {
                try networks.chain.invocation(verb, portmap, late, previous: result).run()
            }
            let before = try host.snapshot()
            // A repeated ADD finds everything there.
            for _ in 1...2 { #expect(try run(.add).result() == result) }
            #expect(try run(.check).succeeded)
            #expect(try run(.delete).succeeded)
            try expectUnchanged(host, since: before)
        }
    }

    @Test(
        "conditions decide who may use the ports, in the words of iptables and of nft",
        arguments: [["!", "-i", "br1"], ["iifname", "!=", "br1"]] as [[String]])
    func conditions(words: [String]) throws {
        try withTestHost { host in
            let portmap: Document = [
                "type": "portmap", "capabilities": ["portMappings": true],
                "conditionsV4": .array(words.map { .string($0) }),
            ]
            let networks = try TwoNetworks(host, portmap: portmap)
            let attachment = try networks.attach(Self.published)
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: networks.container.place)
            func peer(_ place: Place) -> String? {
                networks.peer(from: place, to: TestHost.uplinkAddress, port: 8080, listener)
            }
            #expect(peer(host.outside.place) == TestHost.outsideAddress)
            #expect(peer(networks.neighbour.place) == "10.88.0.1")
            #expect(peer(networks.stranger.place) == nil)
            try networks.chain.delete(attachment)
            #expect(peer(host.outside.place) == nil)
        }
    }

    @Test("publishing on 127.0.0.1 opens the host's loopback to nobody") func loopbackIsGuarded() throws {
        try withTestHost { host in
            // A neighbour that sends to 127.0.0.1 over the wire, and a host that would take it.
            try host.shell("sysctl -qw net.ipv4.conf.all.route_localnet=1")
            try host.shell(
                """
                sysctl -qw net.ipv4.conf.all.route_localnet=1
                ip route delete local 127.0.0.0/8 dev lo table local
                ip route delete local 127.0.0.1 dev lo table local
                ip route add 127.0.0.0/8 via \(TestHost.uplinkAddress)
                """, in: host.outside)
            let secret = try Socket.listening(.udp, on: "127.0.0.1", port: 5000, in: host.place)
            let wire = try Socket.connected(.udp, to: "127.0.0.1", port: 5000, in: host.outside.place)
            try wire.send("open")
            #expect(try secret.receive().text == "open")
            let networks = try TwoNetworks(host)
            try networks.attach(Self.published)
            try wire.send("guarded")
            #expect(throws: TestFailure.self) { try secret.receive(within: .milliseconds(700)) }
            let own = try Socket.connected(.udp, to: "127.0.0.1", port: 5000, in: host.place)
            try own.send("own")
            #expect(try secret.receive().text == "own")
        }
    }

    @Test("a process of the host that listens on the port is named, and the port is published") func hostListens()
        throws
    {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            let attachment = CNIAttachment(
                networks.container, capabilityArguments: ["portMappings": Self.published])
            let result = try networks.chain.invocation(.add, networks.chain.plugins[0], attachment).run().result()
            let process = try Socket.listening(.tcp, on: "0.0.0.0", port: 8080, in: host.place)
            let portmap = networks.chain.invocation(.add, networks.chain.plugins[1], attachment, previous: result)
            let outcome = try portmap.run()
            #expect(outcome.succeeded)
            #expect(outcome.finished.errorText.contains("tcp 0.0.0.0:8080"))
            #expect(try process.port == 8080)
        }
    }
}
