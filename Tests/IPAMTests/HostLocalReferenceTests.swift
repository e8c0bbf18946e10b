import Addressing
import Foundation
import TestSupport
import Testing

/// The same requests to the reference plugin and to ours, and both in one directory.
@Suite(.needsIPAMPlugins, .needsReferencePlugins) struct HostLocalReferenceTests {
    let directory: TestDirectory
    let other: TestDirectory
    let ours: IPAMProcess
    let reference: IPAMProcess
    init() throws {
        directory = try TestDirectory()
        other = try TestDirectory()
        ours = IPAMProcess(state: "\(directory.root)/state")
        reference = IPAMProcess(suite: .reference, state: "/nonexistent")
    }

    static let oldVersions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0"]
    static let ranges: Document = [
        [["subnet": "10.1.0.0/29", "gateway": "10.1.0.3"], ["subnet": "10.7.0.0/24", "rangeEnd": "10.7.0.4"]],
        [["subnet": "2001:DB8:0:0:1::/80", "rangeStart": "2001:db8::1:0:0:fffe"]],
    ]
    static let more: [String: Document] = [
        "resolvConf": "/etc/resolv.conf",
        "routes": [
            ["dst": "0.0.0.0/0"], ["dst": "::/0", "gw": "2001:db8::9"], ["dst": "10.9.0.0/16", "gw": "10.1.0.4"],
        ],
    ]

    @Test("results are the reference's byte by byte before 1.0.0", arguments: oldVersions)
    func oldResults(_ version: String) throws {
        for container in ["a", "b", "c"] {
            let here = Document.network(directory.data, version: version, ranges: Self.ranges, more: Self.more)
            let there = Document.network(other.data, version: version, ranges: Self.ranges, more: Self.more)
            #expect(
                try ours.run(.add, container, here).orThrow().text
                    == reference.run(.add, container, there).orThrow().text)
        }
        #expect(try directory.files() == other.files())
    }

    @Test("results of 1.0.0 are the same document")
    func result() throws {
        let here = Document.network(directory.data, ranges: Self.ranges, more: Self.more)
        let there = Document.network(other.data, ranges: Self.ranges, more: Self.more)
        #expect(
            try Document(parsing: ours.run(.add, "a", here).orThrow().output)
                == Document(parsing: reference.run(.add, "a", there).orThrow().output))
        #expect(try directory.files() == other.files())
    }

    /// What a request led to: an address, nothing, or an error of whatever code.
    func outcome(_ finished: Finished) -> String {
        guard finished.succeeded else { return "error" }
        return (try? Document(parsing: finished.output).addresses.joined(separator: " ")) ?? "done"
    }

    @Test(
        "taking turns in one directory leads where the reference alone leads", arguments: 1...3 as ClosedRange<UInt64>)
    func turns(_ seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let containers = (0..<9).map { "c\($0)" }
        for step in 0..<120 {
            let container = try #require(containers.randomElement(using: &generator))
            let interface = Bool.random(using: &generator) ? "eth0" : "eth1"
            let verb = [.add, .add, .delete, .check].randomElement(using: &generator) ?? PluginInvocation.Verb.add
            var turn = Bool.random(using: &generator) ? ours : reference
            var alone = reference
            let mayAsk = verb == .add && Int.random(in: 0..<4, using: &generator) == 0
            if mayAsk {
                turn.arguments = "IP=10.7.0.\(Int.random(in: 1...4, using: &generator))"
                alone.arguments = turn.arguments
            }
            let here = Document.network(directory.data, ranges: Self.ranges)
            let there = Document.network(other.data, ranges: Self.ranges)
            // A requested second address is where ours differs: the reference hands it out. (Another difference: it first
            // hands out of other sets, and so moves their last address, when a requested one is in none.)
            if mayAsk, try other.files().values.contains("\(container)\r\n\(interface)") { continue }
            let first = try outcome(turn.run(verb, container, here, interface: interface))
            let second = try outcome(alone.run(verb, container, there, interface: interface))
            #expect(first == second, "step \(step): \(verb) \(container) \(interface) by \(turn.suite)")
            #expect(try directory.files() == other.files(), "step \(step)")
        }
    }

    @Test("both at once in one directory hand out no address twice")
    func together() throws {
        let network = Document.network(directory.data, ranges: [[["subnet": "10.1.0.0/24"]]])
        for _ in 0..<3 {
            let addresses = try inParallel(64, atOnce: 32) { [ours, reference] number in
                let suite = number % 2 == 0 ? ours : reference
                return try Document(parsing: suite.run(.add, "c\(number)", network).orThrow().output).addresses
            }
            #expect(Set(addresses).count == 64)
            // Each releases what the other reserved.
            try inParallel(64, atOnce: 32) { [ours, reference] number in
                let suite = number % 2 == 1 ? ours : reference
                try suite.run(.delete, "c\(number)", network).orThrow()
            }
            #expect(try directory.reserved().isEmpty)
        }
    }

    @Test(
        "what the reference refuses, ours refuses",
        arguments: [
            "[]", "[[]]", "[[{\"subnet\":\"10.1.0.1/24\"}]]", "[[{\"subnet\":\"10.1.0.0/31\"}]]",
            "[[{\"subnet\":\"10.1.0.0\"}]]",
            "[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.1.1\"}]]",
            "[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\",\"rangeEnd\":\"10.1.0.8\"}]]",
            "[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"10.1.0.0/28\"}]]",
            "[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"10.1.0.0/28\"}]]",
            "[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"2001:db8::/64\"}]]", "[{\"subnet\":\"10.1.0.0/24\"}]",
        ])
    func refusals(_ ranges: String) throws {
        let there = Document.network(other.data, ranges: try Document(parsing: ranges))
        #expect(try !reference.run(.add, "a", there).succeeded)
        let here = Document.network(directory.data, ranges: try Document(parsing: ranges))
        #expect([6, 7].contains(try ours.failure(.add, "a", here).code))
    }

    @Test("static answers as the reference does", arguments: oldVersions + ["1.0.0"])
    func staticResults(_ version: String) throws {
        let ipam: Document = [
            "type": "static", "routes": [["dst": "0.0.0.0/0"], ["dst": "192.168.0.0/16", "gw": "10.10.5.1"]],
            "addresses": [
                ["address": "10.10.0.1/24", "gateway": "10.10.0.254"],
                ["address": "3ffe:ffff:0:01ff::1/64", "gateway": "3ffe:ffff:0::1"],
            ],
            "dns": ["nameservers": ["8.8.8.8"], "domain": "example.com", "search": ["example.com"]],
        ]
        for (arguments, beside) in [
            ("", [:]), (version < "0.3.0" ? "" : "IP=10.11.0.5/16,fd00::5/64;GATEWAY=10.11.0.1", [:]),
            ("", ["args": ["cni": ["ips": ["10.12.0.1/24"]]]]),
            (
                "",
                ["args": ["cni": ["ips": ["10.12.0.1/24"]]], "runtimeConfig": ["ips": ["10.13.0.1/24", "fd00::9/64"]]]
            ),
        ] as [(String, [String: Document])] {
            var members: [String: Document] = [
                "cniVersion": .string(version), "name": "net", "type": "bridge", "ipam": ipam,
            ]
            members.merge(beside) { $1 }
            let network = Document.object(members)
            var pair = (ours, reference)
            (pair.0.plugin, pair.0.arguments) = ("static", arguments)
            (pair.1.plugin, pair.1.arguments) = ("static", arguments)
            let (first, second) = (try pair.0.run(.add, "a", network), try pair.1.run(.add, "a", network))
            #expect(first.succeeded == second.succeeded, "\(first) \(second)")
            if version == "1.0.0" {
                #expect(try Document(parsing: first.output) == Document(parsing: second.output))
            } else {
                #expect(first.text == second.text)
            }
        }
    }
}
