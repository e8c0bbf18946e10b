import TestSupport
import Testing

/// Masquerading, policies between bridges, and the filters of others, with packets, on the plugins that ship.
@Suite(.needsKernel, .needsPlugins) struct FirewallPolicyTests {
    private static let published: Document = [["hostPort": 8080, "containerPort": 80, "protocol": "tcp"]]

    @Test("what leaves the subnet is masqueraded, what stays is not", arguments: [false, true], [0, 1])
    func masquerade(filtersBridgedFrames: Bool, family: Int) throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host)
            try networks.filterBridgedFrames(filtersBridgedFrames)
            try networks.attach([])
            let any = family == 0 ? "0.0.0.0" : "::"
            let beyond = try Socket.listening(.tcp, on: any, port: 83, in: host.outside.place)
            let beside = try Socket.listening(.tcp, on: any, port: 81, in: networks.neighbour.place)
            let place = networks.container.place
            #expect(
                networks.peer(from: place, to: TwoNetworks.outsideAddress[family], port: 83, beyond)
                    == TwoNetworks.hostAddress[family])
            #expect(
                networks.peer(from: place, to: TwoNetworks.neighbourAddress[family], port: 81, beside)
                    == TwoNetworks.address[family])
        }
    }

    @Test(
        "ingressPolicy keeps bridges apart, and under isolated the containers of one bridge too",
        arguments: ["open", "same-bridge", "isolated"], [false, true])
    func ingressPolicy(policy: String, filtersBridgedFrames: Bool) throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host, more: [["type": "firewall", "ingressPolicy": .string(policy)]])
            try networks.filterBridgedFrames(filtersBridgedFrames)
            let attachment = try networks.attach(Self.published)
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: networks.container.place)
            func reaches(_ place: Place, _ address: String, _ port: UInt16) -> Bool {
                networks.peer(from: place, to: address, port: port, listener) != nil
            }
            let address = TwoNetworks.address[0]
            #expect(reaches(host.place, address, 80))
            #expect(reaches(networks.neighbour.place, address, 80) == (policy != "isolated"))
            #expect(reaches(networks.stranger.place, address, 80) == (policy == "open"))
            // What is published is for everybody.
            #expect(reaches(host.outside.place, TestHost.uplinkAddress, 8080))
            #expect(reaches(networks.stranger.place, TestHost.uplinkAddress, 8080))
            if policy != "isolated" || !filtersBridgedFrames {
                #expect(reaches(networks.neighbour.place, TestHost.uplinkAddress, 8080))
            }
            // And the container itself still reaches what is beyond.
            let beyond = try Socket.listening(.tcp, on: "0.0.0.0", port: 83, in: host.outside.place)
            #expect(
                networks.peer(from: networks.container.place, to: TestHost.outsideAddress, port: 83, beyond)
                    == TestHost.uplinkAddress)
            try networks.chain.delete(attachment)
        }
    }

    @Test("an administrator's rule comes before every policy", arguments: ["", "SITE-RULES"])
    func adminChain(name: String) throws {
        try withTestHost { host in
            var firewall: Document = ["type": "firewall"]
            if !name.isEmpty { firewall["iptablesAdminChainName"] = .string(name) }
            let networks = try TwoNetworks(host, more: [firewall])
            try networks.attach(Self.published)
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: networks.container.place)
            func reaches() -> Bool {
                networks.peer(from: host.outside.place, to: TestHost.uplinkAddress, port: 8080, listener) != nil
            }
            #expect(reaches())
            try host.shell("nft add rule inet hawser \(name.isEmpty ? "admin" : name) ip saddr 198.51.100.2 drop")
            #expect(!reaches())
            // It stays when the shared part is made again.
            let late = CNIAttachment(try host.makeContainer("late"))
            try networks.chain.add(late)
            #expect(!reaches())
        }
    }

    @Test("where iptables drops what is forwarded, containers with firewall pass and others do not")
    func iptablesDrops() throws {
        try withTestHost { host in
            try host.shell("iptables -P FORWARD DROP; ip6tables -P FORWARD DROP")
            let networks = try TwoNetworks(host, more: [["type": "firewall"]])
            try networks.attach(Self.published)
            var plain = networks.chain
            plain.list["plugins"] = .array(Array(networks.chain.plugins.prefix(2)))
            let without = try host.makeContainer("without")
            try plain.add(CNIAttachment(without))
            let beyond = try Socket.listening(.tcp, on: "0.0.0.0", port: 83, in: host.outside.place)
            let beyond6 = try Socket.listening(.tcp, on: "2001:db8:1::2", port: 84, in: host.outside.place)
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: networks.container.place)
            let place = networks.container.place
            #expect(networks.peer(from: place, to: TestHost.outsideAddress, port: 83, beyond) != nil)
            #expect(networks.peer(from: place, to: "2001:db8:1::2", port: 84, beyond6) != nil)
            #expect(
                networks.peer(from: host.outside.place, to: TestHost.uplinkAddress, port: 8080, listener)
                    == TestHost.outsideAddress)
            #expect(networks.peer(from: without.place, to: TestHost.outsideAddress, port: 83, beyond) == nil)
            // iptables still reads its table, and shows one rule for all containers.
            let rules = try host.shell("iptables -S FORWARD").split(separator: "\n").filter { $0.contains("hawser") }
            #expect(rules.count == 1)
        }
    }

    @Test("a chain of somebody else that drops is named, with the rule that helps") func foreignDrop() throws {
        try withTestHost { host in
            try host.shell(
                """
                nft add table inet site
                nft 'add chain inet site forwarding { type filter hook forward priority 0; policy drop; }'
                """)
            let networks = try TwoNetworks(host, more: [])
            let attachment = CNIAttachment(networks.container)
            let result = try networks.chain.add(attachment)
            let firewall: Document = ["type": "firewall"]
            let outcome = try networks.chain.invocation(.add, firewall, attachment, previous: result).run()
            #expect(outcome.succeeded)
            let text = outcome.finished.errorText
            let remedy = "nft insert rule inet site forwarding meta mark and 0x1000 == 0x1000 accept"
            #expect(text.contains(remedy), "\(text)")
            let beyond = try Socket.listening(.tcp, on: "0.0.0.0", port: 83, in: host.outside.place)
            let place = networks.container.place
            #expect(networks.peer(from: place, to: TestHost.outsideAddress, port: 83, beyond) == nil)
            try host.shell(remedy)
            #expect(networks.peer(from: place, to: TestHost.outsideAddress, port: 83, beyond) != nil)
        }
    }

    @Test("macspoofchk drops frames with another source address, and only those") func macSpoofing() throws {
        try withTestHost { host in
            let networks = try TwoNetworks(host, bridge: ["macspoofchk": true])
            try networks.attach([])
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 82, in: host.place)
            func reaches() -> Bool {
                networks.peer(from: networks.container.place, to: "10.88.0.1", port: 82, listener) != nil
            }
            #expect(reaches())
            try host.shell("ip link set eth0 address 02:00:00:00:00:99", in: networks.container)
            try host.shell("ip neigh flush dev br0")
            #expect(!reaches())
        }
    }
}
