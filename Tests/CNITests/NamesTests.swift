import CNI
import Testing

struct NamesTests {
    private static func code(
        network: String = "net", containerID: String = "cid", ifname: String = "eth0", netns: String = "/n"
    ) -> Int {
        do throws(CNIError) {
            _ = try Attachment(network: network, containerID: containerID, ifname: ifname, netns: netns)
            return 0
        } catch {
            return error.code
        }
    }

    @Test(
        "network names and container IDs are letters, digits, dot, underscore and hyphen",
        arguments: [
            ("a", true), ("A-b_c.9", true), ("0", true), (String(repeating: "a", count: 255), true), ("", false),
            (String(repeating: "a", count: 256), false), ("-a", false), (".", false), ("..", false), ("../x", false),
            ("_a", false), ("a/b", false),
            ("a b", false), ("a\n", false), ("a\u{1}", false), ("ä", false), ("a:b", false), ("a\0b", false),
            ("a;b", false),
        ])
    func identifiers(name: String, isValid: Bool) {
        #expect(Self.code(network: name) == (isValid ? 0 : 7))
        #expect(Self.code(containerID: name) == (isValid ? 0 : 4))
    }

    @Test(
        "interface names are what the kernel accepts",
        arguments: [
            ("eth0", true), ("a.b-c_d@e", true), ("123456789012345", true), ("é", true), ("", false),
            ("1234567890123456", false),
            ("ééééééé1", true), ("éééééééé", false), (".", false), ("..", false), ("...", true), ("a/b", false),
            ("a:b", false), ("a b", false),
            ("a\tb", false), ("a\u{1}", false), ("a\u{7F}", false), ("eth%d", false), ("a\u{FFFD}", false),
        ])
    func interfaces(name: String, isValid: Bool) {
        #expect(Self.code(ifname: name) == (isValid ? 0 : 4))
    }

    @Test(
        "a namespace path is bounded",
        arguments: [("", 0), (String(repeating: "a", count: 4095), 0), (String(repeating: "a", count: 4096), 4)])
    func paths(path: String, code: Int) {
        #expect(Self.code(netns: path) == code)
    }

    @Test(
        "a plugin's type is a file name",
        arguments: [
            ("host-local", true), ("a.b", true), ("", false), ("a/b", false), ("../a", false), ("..", false),
            (".", false), ("a\\b", false), ("a\0", false), ("a\n", false),
        ])
    func types(type: String, isValid: Bool) {
        if isValid {
            #expect(throws: Never.self) { try NameRules.checkType(type, key: "ipam.type") }
        } else {
            let error = #expect(throws: CNIError.self) { try NameRules.checkType(type, key: "ipam.type") }
            #expect(error?.code == 7)
            #expect(error?.message.contains("ipam.type") == true)
        }
    }

    @Test("CNI_ARGS is pairs with one equals sign each")
    func arguments() throws {
        let arguments = try CNIArguments("IgnoreUnknown=1;MAC=0a:58:0a:01:00:05;K=;MAC=x")
        #expect(arguments.pairs.count == 4)
        #expect(arguments["MAC"] == "x" && arguments["K"] == "" && arguments["none"] == nil)
        #expect(throws: Never.self) { try arguments.refuseUnknown() }
        #expect(try CNIArguments("").pairs.isEmpty)
    }

    @Test("malformed CNI_ARGS are refused, naming the pair", arguments: ["A", "A=b;", ";", "A=b=c", "=b", "A=1;;B=2"])
    func malformedArguments(text: String) {
        let error = #expect(throws: CNIError.self) { try CNIArguments(text) }
        #expect(error?.code == 4)
        #expect(error?.message.contains("CNI_ARGS") == true)
    }

    @Test(
        "unknown keys need IgnoreUnknown",
        arguments: [
            ("IP=1.2.3.4;GATEWAY=1.2.3.1;MAC=x", true), ("FOO=1", false), ("IgnoreUnknown=0;FOO=1", false),
            ("IgnoreUnknown=TRUE;FOO=1", true),
            ("FOO=1;IgnoreUnknown=1", true), ("IgnoreUnknown=yes", false), ("K8S_POD_NAME=a;K8S_POD_UID=b", true),
        ])
    func unknownArguments(text: String, isAccepted: Bool) throws {
        let arguments = try CNIArguments(text)
        if isAccepted {
            #expect(throws: Never.self) { try arguments.refuseUnknown() }
        } else {
            #expect(throws: CNIError.self) { try arguments.refuseUnknown() }
        }
    }
}
