import CNI
import JSON
import LinuxSystem
import Testing

struct PluginProcessTests {
    static let variables = [
        "CNI_CONTAINERID=cid", "CNI_NETNS=/run/netns/a", "CNI_IFNAME=eth0", "CNI_PATH=/opt/cni/bin", "HOME=/",
    ]

    /// Plays the runtime; `/own` is the plugin's own namespace, `/gone` does not exist.
    static func run(_ verb: String?, _ text: String, setting changes: [String] = []) -> PluginProcess.Answer {
        run(EchoPlugin.self, verb, Array(text.utf8), setting: changes)
    }

    static func run<P: Plugin>(
        _ plugin: P.Type, _ verb: String?, _ text: String, setting changes: [String] = []
    ) -> PluginProcess.Answer {
        run(plugin, verb, Array(text.utf8), setting: changes)
    }

    static func run<P: Plugin>(
        _ plugin: P.Type, _ verb: String?, _ text: [UInt8], setting changes: [String] = []
    ) -> PluginProcess.Answer {
        let names = changes.map { $0.prefix { $0 != "=" } }
        var environment = variables.filter { variable in !names.contains { variable.hasPrefix("\($0)=") } } + changes
        if let verb { environment.append("CNI_COMMAND=\(verb)") }
        let process = PluginProcess(
            environment: environment,
            readInput: { (limit: Int) throws(SystemError) in
                if text.count > limit { throw SystemError("read", "standard input", .fileTooLarge) }
                return text
            },
            isOwnNamespace: { (path: String) throws(SystemError) in
                if path == "/gone" { throw SystemError("open", path, .noEntry) }
                return path == "/own"
            })
        return process.run(plugin)
    }

    /// The error document; it must be the only thing printed, and say what the status says.
    static func error(_ answer: PluginProcess.Answer) throws -> (code: Int, message: String, version: String?) {
        let members = try #require(try JSONValue.parse(answer.output).object)
        #expect(answer.status == 1)
        let error = try #require(CNIError(document: answer.output))
        return (error.code, error.description, members["cniVersion"]?.string)
    }

    static func text(_ answer: PluginProcess.Answer) -> String { String(decoding: answer.output, as: UTF8.self) }

    @Test(
        "ADD prints the result in the version of the configuration",
        arguments: CNIVersion.allCases.filter { $0 >= .v0_3_0 })
    func add(version: CNIVersion) throws {
        let answer = Self.run("ADD", #"{"cniVersion":"\#(version)","name":"n","mtu":1400}"#)
        #expect(answer.status == 0)
        let result = try CNIResult(JSONValue.parse(answer.output), assumed: .newest, path: "")
        #expect(
            result.interfaces == [.init(name: "eth0", mtu: version == .v1_1_0 ? 1400 : nil, sandbox: "/run/netns/a")])
    }

    @Test("prevResult of any version reaches the plugin, and a runtime without cniVersion speaks 0.1.0")
    func previousResult() throws {
        let old = #"{"name":"n","prevResult":{"ip4":{"ip":"10.0.0.2/8"}}}"#
        #expect(Self.text(Self.run("ADD", old)).contains(#""ip": "10.0.0.2/8""#))
        let mixed = #"{"cniVersion":"1.0.0","name":"n","prevResult":{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/8"}}}"#
        #expect(Self.text(Self.run("ADD", mixed)).contains(#""address": "10.0.0.2/8""#))
    }

    @Test("a result that the version cannot express is undone and refused")
    func inexpressible() throws {
        #expect(try Self.error(Self.run("ADD", #"{"name":"n"}"#)).code == 1)
        let error = try Self.error(Self.run("ADD", #"{"name":"n","tellDelete":true}"#))
        #expect(error.message == "DEL of cid with no prevResult")
    }

    @Test("VERSION needs neither configuration nor other variables")
    func version() {
        let answer = Self.run(StrictEchoPlugin.self, "VERSION", "{", setting: ["CNI_CONTAINERID=", "CNI_NETNS="])
        #expect(
            Self.text(answer) == "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n")
        #expect(answer.status == 0)
    }

    @Test("without a verb it introduces itself on standard error", arguments: [nil, ""])
    func about(verb: String?) {
        let answer = Self.run(verb, "")
        #expect(answer.output.isEmpty && answer.status == 0)
        #expect(
            answer.diagnostics.contains("echo")
                && answer.diagnostics.contains("0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"))
    }

    @Test(
        "each verb asks for its variables, all at once",
        arguments: [
            ("ADD", ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]),
            ("CHECK", ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]),
            ("DEL", ["CNI_CONTAINERID", "CNI_IFNAME"]),
        ])
    func missingVariables(verb: String, names: [String]) throws {
        let error = try Self.error(
            Self.run(verb, "", setting: ["CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME=", "CNI_PATH="]))
        #expect(error.code == 4)
        for name in ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"] {
            #expect(error.message.contains(name) == names.contains(name), "\(name)")
        }
        #expect(error.version == "1.1.0")
    }

    @Test("GC and STATUS ask for nothing but the verb", arguments: ["GC", "STATUS"])
    func networkVerbs(verb: String) throws {
        let answer = Self.run(
            verb, #"{"cniVersion":"1.1.0","name":"n","cni.dev/attachments":[]}"#,
            setting: ["CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME=", "CNI_PATH="])
        #expect(verb == "STATUS" ? answer.status == 0 : try Self.error(answer).code == 11)
    }

    @Test(
        "a bad request has the specification's code and names what is wrong",
        arguments: [
            ("FOO", #"{"name":"n"}"#, [], 4, "FOO"), ("add", #"{"name":"n"}"#, [], 4, "add"),
            ("ADD", "{", [], 6, "byte 1"), ("ADD", "", [], 6, "byte 0"), ("ADD", "[]", [], 6, "array"),
            ("ADD", #"{"name":"n"}{}"#, [], 6, "byte 12"),
            ("ADD", #"{"cniVersion":1,"name":"n"}"#, [], 6, "cniVersion"),
            ("ADD", #"{"cniVersion":"9.0","name":"n"}"#, [], 1, "9.0"),
            ("ADD", #"{"cniVersion":"1.0"}"#, [], 1, "1.0"), ("ADD", #"{}"#, [], 7, "name"),
            ("ADD", #"{"name":""}"#, [], 7, "name"),
            ("ADD", #"{"name":"../x"}"#, [], 7, "../x"), ("ADD", #"{"name":5}"#, [], 6, "name"),
            ("ADD", #"{"name":"n","mtu":5}"#, [], 7, "mtu"),
            ("ADD", #"{"name":"n","mtu":"5"}"#, [], 6, "mtu"),
            ("ADD", #"{"name":"n","refuse":true}"#, [], 101, "refused"),
            ("ADD", #"{"name":"n","prevResult":7}"#, [], 6, "prevResult"),
            ("ADD", #"{"name":"n"}"#, ["CNI_CONTAINERID=../x"], 4, "CNI_CONTAINERID"),
            ("ADD", #"{"name":"n"}"#, ["CNI_IFNAME=1234567890123456"], 4, "CNI_IFNAME"),
            ("DEL", #"{"name":"n"}"#, ["CNI_IFNAME=a/b"], 4, "CNI_IFNAME"),
            ("ADD", #"{"name":"n"}"#, ["CNI_ARGS=A"], 4, "CNI_ARGS"),
            ("ADD", #"{"name":"n"}"#, ["CNI_ARGS=MAC=x"], 4, "MAC"),
            ("ADD", #"{"name":"n"}"#, ["CNI_NETNS=/gone"], 4, "CNI_NETNS"),
            ("ADD", #"{"name":"n"}"#, ["CNI_NETNS=/own"], 8, "CNI_NETNS"),
            ("DEL", #"{"name":"n"}"#, ["CNI_NETNS=/own"], 8, "CNI_NETNS"), ("CHECK", #"{"name":"n"}"#, [], 1, "CHECK"),
            ("CHECK", #"{"cniVersion":"0.4.0","name":"n"}"#, [], 7, "prevResult"),
            ("STATUS", #"{"cniVersion":"1.0.0","name":"n"}"#, [], 1, "STATUS"),
            ("CHECK", #"{"cniVersion":"0.4.0","name":"n","prevResult":{}}"#, [], 103, "0 interfaces"),
            ("GC", #"{"cniVersion":"1.0.0","name":"n"}"#, [], 1, "GC"),
            ("GC", #"{"cniVersion":"1.1.0","name":"n"}"#, [], 7, "cni.dev/valid-attachments"),
            (
                "GC", #"{"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":[{"containerID":"a"}]}"#, [], 7,
                "cni.dev/valid-attachments[0].ifname"
            ),
            ("STATUS", #"{"cniVersion":"1.1.0","name":"n","refuse":true}"#, [], 50, "STATUS of n"),
        ] as [(String, String, [String], Int, String)])
    func refusals(verb: String, text: String, changes: [String], code: Int, place: String) throws {
        let error = try Self.error(Self.run(verb, text, setting: changes))
        #expect(error.code == code, "\(error.message)")
        #expect(error.message.contains(place), "\(error.message)")
    }

    @Test("the plugin's oldest version is held to")
    func minimumVersion() throws {
        let error = try Self.error(Self.run(StrictEchoPlugin.self, "ADD", #"{"cniVersion":"0.3.1","name":"n"}"#))
        #expect(error.code == 1 && error.message.contains("0.3.1") && error.message.contains("0.4.0, 1.0.0, 1.1.0"))
        #expect(error.version == "0.3.1")
    }

    @Test("DEL does not need a namespace, a readable prevResult or readable arguments")
    func tolerantDelete() throws {
        for changes in [["CNI_NETNS="], ["CNI_NETNS=/gone"], ["CNI_ARGS=A"]] {
            #expect(Self.run("DEL", #"{"name":"n"}"#, setting: changes).status == 0)
        }
        let answer = Self.run("DEL", #"{"name":"n","tellDelete":true,"prevResult":{"ip4":7}}"#)
        #expect(try Self.error(answer).message == "DEL of cid with no prevResult")
        #expect(answer.diagnostics.contains("prevResult"))
        #expect(
            try Self.error(Self.run("DEL", #"{"name":"n","tellDelete":true,"prevResult":{}}"#)).message.contains(
                "a prevResult"))
    }

    @Test("the own namespace is accepted when told so, or when the plugin judges", arguments: ["1", "true", "TRUE"])
    func override(value: String) {
        let text = #"{"cniVersion":"1.0.0","name":"n"}"#
        #expect(Self.run("ADD", text, setting: ["CNI_NETNS=/own", "CNI_NETNS_OVERRIDE=\(value)"]).status == 0)
        #expect(Self.run(StrictEchoPlugin.self, "ADD", text, setting: ["CNI_NETNS=/own"]).status == 0)
        #expect(Self.run(StrictEchoPlugin.self, "ADD", text, setting: ["CNI_NETNS="]).status == 0)
        #expect(Self.run("ADD", text, setting: ["CNI_NETNS=/own", "CNI_NETNS_OVERRIDE=0"]).status == 1)
    }

    @Test(
        "GC is told what to keep under either name",
        arguments: [
            (#""cni.dev/valid-attachments":[{"containerID":"a","ifname":"e0"}]"#, "GC keeps a/e0"),
            (#""cni.dev/attachments":[{"containerID":"b","ifname":"e1"}]"#, "GC keeps b/e1"),
            (
                #""cni.dev/attachments":[{"containerID":"a","ifname":"e0"}],"cni.dev/valid-attachments":[{"containerID":"a","ifname":"e0"}]"#,
                "GC keeps a/e0"
            ),
            (
                #""cni.dev/attachments":[{"containerID":"a","ifname":"e0"}],"cni.dev/valid-attachments":[{"containerID":"b","ifname":"e0"}]"#,
                "GC keeps b/e0 a/e0"
            ),
            (#""cni.dev/valid-attachments":null"#, "GC keeps "),
        ])
    func garbage(member: String, message: String) throws {
        #expect(try Self.error(Self.run("GC", #"{"cniVersion":"1.1.0","name":"n",\#(member)}"#)).message == message)
    }

    @Test("a MAC address is taken from runtimeConfig, then args.cni, then CNI_ARGS")
    func macPriority() throws {
        let tiers = [#""runtimeConfig":{"mac":"02:00:00:00:00:01"}"#, #""args":{"cni":{"mac":"02:00:00:00:00:02"}}"#]
        for (members, expected) in [(tiers[0] + "," + tiers[1], "1"), (tiers[1], "2"), (#""x":1"#, "3")] {
            let answer = Self.run(
                "ADD", #"{"cniVersion":"1.0.0","name":"n",\#(members)}"#, setting: ["CNI_ARGS=MAC=02:00:00:00:00:03"])
            #expect(Self.text(answer).contains("02:00:00:00:00:0\(expected)"))
        }
    }

    @Test("a configuration past the limit is refused")
    func tooLarge() throws {
        let text = [UInt8](repeating: 0x20, count: 4 << 20) + Array(#"{"name":"n"}"#.utf8)
        #expect(try Self.error(Self.run(EchoPlugin.self, "ADD", text)).code == 6)
    }

    static let configuration = Array(
        #"{"cniVersion":"1.1.0","name":"n","type":"echo","mtu":1400,"ipam":{"type":"x"},"runtimeConfig":{"mac":"02:00:00:00:00:01"},"cni.dev/attachments":[{"containerID":"a","ifname":"b"}],"prevResult":{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8","interface":0}],"dns":{}}}"#
            .utf8)

    @Test(
        "a configuration that ends anywhere is code 6 in one document",
        arguments: ["ADD", "CHECK", "DEL", "GC", "STATUS"])
    func truncated(verb: String) throws {
        for count in 0..<Self.configuration.count {
            let error = try Self.error(Self.run(EchoPlugin.self, verb, Array(Self.configuration[..<count])))
            #expect(error.code == 6, "\(count) bytes")
        }
    }

    @Test(
        "with any byte broken there is one document, and an error has a known code",
        arguments: ["ADD", "CHECK", "DEL", "GC", "STATUS"])
    func broken(verb: String) throws {
        let known: Set<Int> = [1, 4, 6, 7, 11, 50, 103]
        var malformed = 0
        for position in Self.configuration.indices {
            for byte in [0x00, 0x01, 0x22, 0x2C, 0x30, 0x5C, 0x5D, 0x61, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var text = Self.configuration
                text[position] = byte
                let answer = Self.run(EchoPlugin.self, verb, text)
                if answer.status == 0 {
                    #expect(verb == "ADD" ? (try? JSONValue.parse(answer.output)) != nil : answer.output.isEmpty)
                } else {
                    let code = try Self.error(answer).code
                    #expect(known.contains(code), "byte \(position) = \(byte): \(Self.text(answer))")
                    if code == 6 { malformed += 1 }
                }
            }
        }
        #expect(malformed > Self.configuration.count * 4)
    }
}
