import TestSupport
import Testing

@Suite(.needsIPAMPlugins) struct StaticProcessTests {
    let ours = IPAMProcess(plugin: "static", state: "/nonexistent")

    static func network(_ addresses: Document, version: String = "1.1.0", beside: [String: Document] = [:]) -> Document
    {
        var members: [String: Document] = [
            "cniVersion": .string(version), "name": "net", "type": "bridge",
            "ipam": ["type": "static", "addresses": addresses],
        ]
        members.merge(beside) { $1 }
        return .object(members)
    }

    @Test(
        "what cannot be is refused by key and value",
        arguments: [
            ("[{\"address\":\"10.1.0.1\"}]", 7, "ipam.addresses[0].address"), ("[{}]", 7, "address\" is required"),
            ("[{\"address\":\"10.1.0.1/24\"},{\"address\":\"10.1.0.1/16\"}]", 7, "10.1.0.1 is given more than once"),
            ("[{\"address\":\"10.1.0.1/24\",\"gateway\":\"fe80::1\"}]", 7, "fe80::1"), ("5", 6, "ipam.addresses"),
        ])
    func refusals(_ addresses: String, _ code: Int, _ words: String) throws {
        let error = try ours.failure(.add, "a", Self.network(try Document(parsing: addresses)))
        #expect(error.code == code)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test("arguments are checked, and count among the addresses")
    func arguments() throws {
        var asking = ours
        let network = Self.network([["address": "10.1.0.1/24"]])
        asking.arguments = "IP=10.1.0.1/24"
        #expect(try asking.failure(.add, "a", network).message.contains("10.1.0.1 is given more than once"))
        asking.arguments = "IP=10.1.0.9"
        #expect(try asking.failure(.add, "a", network).code == 4)
        asking.arguments = "IP=10.2.0.9/24;GATEWAY=10.2.0.1;MAC=02:00:00:00:00:01"
        let addresses = try Document(parsing: asking.run(.add, "a", network).orThrow().output)["ips"]
        #expect(addresses == [["address": "10.1.0.1/24"], ["address": "10.2.0.9/24", "gateway": "10.2.0.1"]])
        asking.arguments = "COLOUR=blue"
        #expect(try asking.failure(.add, "a", network).code == 4)
    }

    @Test("CHECK compares with the result, the other verbs have nothing to do")
    func verbs() throws {
        let addresses: Document = [["address": "10.1.0.1/24", "gateway": "10.1.0.254"]]
        func previous(_ address: String, _ gateway: String) -> [String: Document] {
            [
                "prevResult": [
                    "cniVersion": "1.1.0", "ips": [["address": .string(address), "gateway": .string(gateway)]],
                ]
            ]
        }
        try ours.run(.check, "a", Self.network(addresses, beside: previous("10.1.0.1/24", "10.1.0.254"))).orThrow()
        #expect(
            try ours.failure(.check, "a", Self.network(addresses, beside: previous("10.1.0.2/24", "10.1.0.254"))).code
                == 103)
        #expect(
            try ours.failure(.check, "a", Self.network(addresses, beside: previous("10.1.0.1/24", "10.1.0.1"))).code
                == 103)
        #expect(try ours.failure(.check, "a", Self.network(addresses)).code == 7)
        try ours.run(.delete, "a", Self.network("rubbish")).orThrow()
        try ours.run(.status, "a", Self.network(addresses)).orThrow()
        try ours.run(.collectGarbage, "a", Self.network(addresses, beside: ["cni.dev/valid-attachments": []])).orThrow()
    }
}
