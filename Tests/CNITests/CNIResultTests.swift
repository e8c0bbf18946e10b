import Addressing
import CNI
import JSON
import Testing

struct CNIResultTests {
    static let oldVersions = ["0.1.0", "0.2.0"]
    static let middleVersions = ["0.3.0", "0.3.1", "0.4.0"]

    private static func read(_ text: [UInt8], _ version: CNIVersion = .newest) throws -> CNIResult {
        try CNIResult(JSONValue.parse(text), assumed: version, path: "result")
    }

    @Test(
        "before 1.0.0 a result is printed byte by byte as the reference prints it",
        arguments: oldVersions.flatMap { v in ["static-bare-\(v)", "static-v6-\(v)", "bridge-\(v)"] }
            + middleVersions.flatMap { v in
                ["static-full-\(v)", "static-bare-\(v)", "static-v6-\(v)", "bridge-\(v)", "portmap-\(v)"]
            })
    func reprintsReference(name: String) throws {
        let text = try golden(name)
        let version = try #require(name.split(separator: "-").last.flatMap { CNIVersion(String($0)) })
        #expect(try Self.read(text).encoded(version: version) == text)
    }

    @Test(
        "of 1.0.0 the members are the reference's, keys sorted",
        arguments: ["static-full", "static-bare", "static-v6", "bridge"])
    func sameMembers(name: String) throws {
        let text = try golden("\(name)-1.0.0")
        var expected = try #require(try JSONValue.parse(text).object)
        if expected["dns"] == .object(JSONObject()) { expected["dns"] = nil }
        let printed = try Self.read(text).encoded(version: .v1_0_0)
        #expect(printed == Self.sortedText(.object(expected)))
    }

    private static func sortedText(_ value: JSONValue) -> [UInt8] { value.encoded(.indented(4, sortedKeys: true)) }

    /// A result that uses every field.
    static let full = """
        {
            "cniVersion": "1.1.0",
            "dns": {
                "domain": "example.org",
                "nameservers": [
                    "10.1.0.1"
                ],
                "options": [
                    "ndots:5"
                ],
                "search": [
                    "a",
                    "b"
                ]
            },
            "interfaces": [
                {
                    "mac": "0a:58:0a:01:00:01",
                    "mtu": 1450,
                    "name": "cni0"
                },
                {
                    "mac": "0a:58:0a:01:00:05",
                    "name": "eth0",
                    "pciID": "0000:00:1f.6",
                    "sandbox": "/run/netns/a",
                    "socketPath": "/run/vhost.sock"
                }
            ],
            "ips": [
                {
                    "address": "10.1.0.5/16",
                    "gateway": "10.1.0.1",
                    "interface": 1
                },
                {
                    "address": "2001:db8::5/64",
                    "interface": 0
                }
            ],
            "routes": [
                {
                    "dst": "0.0.0.0/0"
                },
                {
                    "advmss": 1410,
                    "dst": "10.0.0.0/8",
                    "gw": "10.1.0.9",
                    "mtu": 1400,
                    "priority": 100,
                    "scope": 0,
                    "table": 50
                },
                {
                    "dst": "2001:db8:1::/48",
                    "gw": "fe80::1",
                    "scope": 253
                }
            ]
        }
        """

    @Test("every field of 1.1.0 is read and printed, keys sorted")
    func everyField() throws {
        let result = try Self.read(Array(Self.full.utf8))
        #expect(String(decoding: try result.encoded(version: .v1_1_0), as: UTF8.self) == Self.full)
        #expect(result.interfaces[0].mtu == 1450)
        #expect(
            result.routes[1]
                == CNIResult.Route(
                    try #require(IPNetwork("10.0.0.0/8")), gateway: IPAddress("10.1.0.9"), mtu: 1400, advmss: 1410,
                    priority: 100, table: 50, scope: 0))
        #expect(result.addresses[1].gateway == nil && result.addresses[1].interface == 0)
    }

    @Test("a result survives each version that has room for it", arguments: CNIVersion.allCases)
    func conversion(version: CNIVersion) throws {
        var expected = try Self.read(Array(Self.full.utf8))
        let converted = try Self.read(expected.encoded(version: version))
        if version < .v1_1_0 {
            for index in expected.interfaces.indices {
                expected.interfaces[index].mtu = nil
                expected.interfaces[index].pciID = ""
                expected.interfaces[index].socketPath = ""
            }
        }
        if version < .v0_3_0 {
            expected.interfaces = []
            for index in expected.addresses.indices { expected.addresses[index].interface = nil }
        }
        #expect(converted == expected)
    }

    @Test("before 0.3.0 the first address of each family is kept, with the routes of families that have one")
    func firstOfEachFamily() throws {
        var result = CNIResult()
        for text in ["10.0.0.1/8", "10.0.0.2/8"] { result.addresses.append(.init(try #require(IPNetwork(text)))) }
        for text in ["0.0.0.0/0", "::/0"] { result.routes.append(.init(try #require(IPNetwork(text)))) }
        let text = try result.json(version: .v0_2_0).text()
        #expect(text == #"{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.1/8","routes":[{"dst":"0.0.0.0/0"}]},"dns":{}}"#)
    }

    @Test("before 0.3.0 interfaces without any address cannot be written")
    func noAddress() throws {
        let result = CNIResult(interfaces: [.init(name: "eth0")])
        let error = #expect(throws: CNIError.self) { try result.encoded(version: .v0_2_0) }
        #expect(error?.code == 1)
        #expect(try CNIResult().json(version: .v0_1_0).text() == #"{"cniVersion":"0.1.0","dns":{}}"#)
    }

    @Test(
        "what the reference reads as absent is absent",
        arguments: [
            #"{"ips":null,"interfaces":[],"dns":null}"#, "{}", #"{"cniVersion":"","routes":[]}"#,
            #"{"unknown":{"a":[1]}}"#,
        ])
    func absent(text: String) throws {
        #expect(try Self.read(Array(text.utf8)) == CNIResult())
    }

    @Test("an empty gateway is none, zero is no MTU")
    func emptyGateway() throws {
        let result = try Self.read(
            Array(#"{"ips":[{"address":"1.2.3.4/8","gateway":""}],"routes":[{"dst":"::/0","mtu":0,"gw":null}]}"#.utf8))
        #expect(result.addresses.first?.gateway == nil)
        #expect(result.routes.first == CNIResult.Route(try #require(IPNetwork("::/0"))))
    }

    @Test(
        "a malformed result is refused, naming where",
        arguments: [
            (#"[]"#, 6, "result"), (#"{"cniVersion":"9.9"}"#, 1, "9.9"), (#"{"cniVersion":4}"#, 6, "result.cniVersion"),
            (#"{"ips":{}}"#, 6, "result.ips"), (#"{"ips":[4]}"#, 6, "result.ips[0]"),
            (#"{"ips":[{}]}"#, 7, "result.ips[0].address"),
            (#"{"ips":[{"address":"1.2.3.4"}]}"#, 7, "1.2.3.4"),
            (#"{"ips":[{"address":"::/0","interface":-1}]}"#, 7, "-1"),
            (#"{"routes":[{"dst":"::/0"},{"dst":"x"}]}"#, 7, "result.routes[1].dst"),
            (#"{"routes":[{"gw":"::"}]}"#, 7, "routes[0].dst"),
            (#"{"routes":[{"dst":"::/0","mtu":1.5}]}"#, 7, "1.5"),
            (#"{"routes":[{"dst":"::/0","scope":256}]}"#, 7, "256"),
            (#"{"dns":{"search":["a",1]}}"#, 6, "result.dns.search[1]"),
            (#"{"interfaces":[{"name":1}]}"#, 6, "interfaces[0].name"),
            (#"{"cniVersion":"0.2.0","ip4":{"gateway":"1.2.3.4"}}"#, 7, "result.ip4.ip"),
            (#"{"interfaces":[{"name":"a\u0000b"}]}"#, 7, "NUL"),
        ])
    func malformed(text: String, code: Int, place: String) throws {
        let error = try #require(#expect(throws: CNIError.self) { try Self.read(Array(text.utf8)) })
        #expect(error.code == code)
        #expect(error.message.contains(place), "\(error.message)")
    }
}
