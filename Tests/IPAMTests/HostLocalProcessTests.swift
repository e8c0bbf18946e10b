import Foundation
import Synchronization
import TestSupport
import Testing

/// The plugin as an executable: what it prints, and what it does beside others.
@Suite(.needsIPAMPlugins) struct HostLocalProcessTests {
    let directory: TestDirectory
    let ours: IPAMProcess
    init() throws {
        directory = try TestDirectory()
        ours = IPAMProcess(state: "\(directory.root)/state")
    }

    @Test("the result has the layout of its version, in sorted keys from 1.0.0 on", arguments: ["1.0.0", "1.1.0"])
    func newResults(_ version: String) throws {
        let network = Document.network(
            directory.data, version: version, ranges: [[["subnet": "10.1.0.0/24"]], [["subnet": "2001:db8::/64"]]],
            more: ["routes": [["dst": "0.0.0.0/0", "mtu": 1400], ["dst": "::/0", "gw": "2001:db8::9"]]])
        let expected = """
            {
                "cniVersion": "\(version)",
                "ips": [
                    {
                        "address": "10.1.0.2/24",
                        "gateway": "10.1.0.1"
                    },
                    {
                        "address": "2001:db8::2/64",
                        "gateway": "2001:db8::1"
                    }
                ],
                "routes": [
                    {
                        "dst": "0.0.0.0/0",
                        "mtu": 1400
                    },
                    {
                        "dst": "::/0",
                        "gw": "2001:db8::9"
                    }
                ]
            }
            """
        #expect(try ours.run(.add, "c", network).orThrow().text == expected)
        #expect(try ours.run(.check, "c", network).orThrow().text == "")
        #expect(try ours.run(.delete, "c", network).orThrow().text == "")
        #expect(try ours.run(.delete, "c", network).orThrow().text == "")
        #expect(try ours.failure(.check, "c", network).code == 103)
    }

    @Test("what the runtime asks for comes first, and all requested addresses must be given")
    func requests() throws {
        var asking = ours
        asking.arguments = "IgnoreUnknown=1;K8S_POD_NAME=p;IP=10.1.0.30/24"
        let network = Document.network(
            directory.data, ranges: [[["subnet": "10.1.0.0/24"]]],
            more: ["subnet": "10.2.0.0/24", "rangeStart": "10.2.0.10"],
            beside: [
                "runtimeConfig": ["ipRanges": [[["subnet": "2001:db8::/64"]]], "ips": ["2001:db8::77"]],
                "args": ["cni": ["ips": ["10.2.0.40"]]],
            ])
        #expect(
            try Document(parsing: asking.run(.add, "a", network).orThrow().output).addresses
                == ["2001:db8::77/64", "10.2.0.40/24", "10.1.0.30/24"])
        let refusal = try asking.failure(.add, "b", network)
        #expect(refusal.code == 11 && refusal.message.contains("2001:db8::77"))
        asking.arguments = "IP=10.9.0.1"
        let outside = try asking.failure(.add, "b", .network(directory.data, name: "other"))
        #expect(outside.code == 7 && outside.message.contains("10.9.0.1"))
    }

    @Test("resolvConf becomes the result's dns")
    func resolver() throws {
        let file = "\(directory.root)/resolv.conf"
        try Data(
            """
            # nameserver 9.9.9.9
            nameserver 10.0.0.53\nnameserver  2001:db8::53   # second
            domain first\ndomain example.com\nsearch a.example  b.example
            search c.example\n; options no\n\toptions ndots:2 edns0\nsortlist 1.2.3.4\nsearch
            """.utf8
        ).write(to: URL(filePath: file))
        let network = Document.network(directory.data, more: ["resolvConf": .string(file)])
        let dns = try Document(parsing: ours.run(.add, "a", network).orThrow().output)["dns"]
        #expect(
            dns == [
                "nameservers": ["10.0.0.53", "2001:db8::53"], "domain": "example.com",
                "search": ["a.example", "b.example", "c.example"], "options": ["ndots:2", "edns0"],
            ])
        let missing = try ours.failure(.add, "b", .network(directory.data, more: ["resolvConf": "/nowhere/at/all"]))
        #expect(missing.code == 5 && missing.details.contains("/nowhere/at/all"))
        #expect(try directory.reserved() == ["10.1.0.2"])
    }

    @Test("DEL and GC work whatever became of the ranges")
    func tolerantVerbs() throws {
        let network = Document.network(directory.data, version: "1.1.0")
        for container in ["a", "b", "c"] { try ours.run(.add, container, network).orThrow() }
        let broken = Document.network(
            directory.data, version: "1.1.0", ranges: [[["subnet": "rubbish"]]],
            beside: ["cni.dev/valid-attachments": [["containerID": "b", "ifname": "eth0"]]])
        #expect(try ours.failure(.add, "d", broken).code == 7)
        try ours.run(.delete, "a", broken).orThrow()
        try ours.run(.collectGarbage, "", broken).orThrow()
        #expect(try directory.reserved() == ["10.1.0.3"])
    }

    @Test("STATUS is 50 when a set is full, and ADD is 11")
    func full() throws {
        let network = Document.network(directory.data, version: "1.1.0", ranges: [[["subnet": "10.1.0.0/30"]]])
        try ours.run(.status, "", network).orThrow()
        try ours.run(.add, "a", network).orThrow()
        #expect(try ours.failure(.status, "", network).code == 50)
        #expect(try ours.failure(.add, "b", network).code == 11)
        #expect(try ours.failure(.add, "a", network).code == 4)
        try ours.run(.delete, "a", network).orThrow()
        try ours.run(.status, "", network).orThrow()
    }

    @Test(
        "a configuration that cannot be is refused by key and value, and nothing is made",
        arguments: [
            ("{\"subnet\":\"10.1.0.1/24\"}", "10.1.0.1/24 has host bits"),
            ("{\"subnet\":\"10.1.0.0/31\"}", "10.1.0.0/31 is too small"),
            ("{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.2.0.1\"}", "rangeStart 10.2.0.1"),
            ("{\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.2.0.1\"}", "rangeEnd 10.2.0.1"),
            ("{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"10.2.0.1\"}", "gateway 10.2.0.1"),
            ("{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"10.1.0.0/28\"}", "overlap"),
            ("{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"2001:db8::/64\"}", "mixes IPv4 and IPv6"),
            ("{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"10.1.0.0/16\"}", "overlaps with range set 1"),
            ("{\"rangeStart\":\"10.1.0.0\"}", "\"ipam.ranges[0][0].subnet\" is required"),
            ("", "range set 0 has no range"),
        ])
    func refusals(_ ranges: String, _ words: String) throws {
        let network = Document.network(directory.data, ranges: try Document(parsing: "[[\(ranges)]]"))
        let error = try ours.failure(.add, "c", network)
        #expect(error.code == 7)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(!FileManager.default.fileExists(atPath: directory.data))
    }

    @Test("too many ranges are counted and refused, in one set or in many")
    func tooManyRanges() throws {
        let same: Document = ["subnet": "10.1.0.0/24"]
        let one = Document.array([.array(Array(repeating: same, count: 45_000))])
        let many = Document.array(Array(repeating: [same], count: 1025))
        for (ranges, words) in [(one, "45000 ranges: at most 1024"), (many, "1025 ranges: at most 1024")] {
            let error = try ours.failure(.add, "c", .network(directory.data, ranges: ranges))
            #expect(error.code == 7)
            #expect(error.message.contains(words), "\(error.message.prefix(200))")
        }
        #expect(!FileManager.default.fileExists(atPath: directory.data))
    }

    @Test("sixty-four processes at once get sixty-four addresses, again and again")
    func concurrency() throws {
        let network = Document.network(directory.data, ranges: [[["subnet": "10.1.0.0/25"]]])
        for _ in 0..<3 {
            let addresses = try inParallel(64, atOnce: 64) { [ours] number in
                try Document(parsing: ours.run(.add, "c\(number)", network).orThrow().output).addresses
            }
            #expect(Set(addresses).count == 64)
            #expect(try directory.reserved().count == 64)
            try inParallel(64, atOnce: 64) { [ours] number in
                try ours.run(.delete, "c\(number)", network).orThrow()
            }
            #expect(try directory.reserved().isEmpty)
        }
    }

    @Test(
        "two thousand reservations cost no further system call",
        arguments: [PluginInvocation.Verb.add, .check, .delete])
    func flat(_ verb: PluginInvocation.Verb) throws {
        var calls: [Int] = []
        for (name, count) in [("few", 1), ("many", 2000)] {
            let folder = "\(directory.data)/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for number in 2..<(count + 2) {
                try Data("other\(number)\r\neth0".utf8)
                    .write(to: URL(filePath: "\(folder)/10.1.\(number / 256).\(number % 256)"))
            }
            let last = count + 1
            try Data("10.1.\(last / 256).\(last % 256)".utf8).write(to: URL(filePath: "\(folder)/last_reserved_ip.0"))
            let network = Document.network(directory.data, name: name, ranges: [[["subnet": "10.1.0.0/16"]]])
            // The first one makes the index.
            try ours.run(.add, "first", network).orThrow()
            if verb != .add { try ours.run(.add, "subject", network).orThrow() }
            let (finished, trace) = try ours.command(verb, "subject", network).run(with: .none)
            try finished.orThrow()
            calls.append(trace.calls)
        }
        // An entry pushed out of its slot's window may take one more read.
        #expect(calls[1] <= calls[0] + 2, "\(calls)")
    }

    @Test("killed at any system call, ADD leaves a reservation that DEL finds, or none", .timeLimit(.minutes(5)))
    func killedADD() throws {
        let network = Document.network(
            directory.data, ranges: [[["subnet": "10.1.0.0/24"]], [["subnet": "2001:db8::/64"]]])
        try ours.run(.add, "other", network).orThrow()
        var kills = 0
        for position in 1...2000 {
            let (_, trace) = try ours.command(.add, "killed", network).run(with: .killAtCall(position))
            for (name, content) in try directory.files() where name.contains("1.0.") || name.contains(":") {
                if name.hasPrefix("last_reserved_ip") { continue }
                #expect(
                    ["other\r\neth0", "killed\r\neth0"].contains(content), "call \(position): \(name) is \(content)")
            }
            try ours.run(.add, "next", network).orThrow()
            try ours.run(.delete, "next", network).orThrow()
            try ours.run(.delete, "killed", network).orThrow()
            #expect(try directory.reserved().count == 2, "call \(position)")
            let hidden = try directory.files().keys.filter { $0.hasPrefix(".") }
            #expect(hidden == [], "call \(position)")
            guard trace.injected else { break }
            kills += 1
        }
        #expect(kills >= 20, "only \(kills) kills")
    }

    @Test("killed at any system call, DEL can be repeated", .timeLimit(.minutes(5)))
    func killedDEL() throws {
        let network = Document.network(directory.data)
        try ours.run(.add, "other", network).orThrow()
        var kills = 0
        for position in 1...2000 {
            try ours.run(.add, "killed", network).orThrow()
            let (_, trace) = try ours.command(.delete, "killed", network).run(with: .killAtCall(position))
            try ours.run(.check, "other", network).orThrow()
            try ours.run(.delete, "killed", network).orThrow()
            #expect(try directory.reserved().count == 1, "call \(position)")
            guard trace.injected else { break }
            kills += 1
        }
        #expect(kills >= 20, "only \(kills) kills")
    }
}
