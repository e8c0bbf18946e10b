import Addressing
import JSON
import Testing

@testable import ContainerRunner

@Suite struct OptionTests {
    @Test(
        "a port mapping is read, and written as docker writes it",
        arguments: [
            ("8080:80", "8080:80/tcp"), ("2333:22/TCP", "2333:22/tcp"), ("53:53/udp", "53:53/udp"),
            ("127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp"), ("0.0.0.0:1:2", "1:2/tcp"),
            ("[::1]:8080:80/sctp", "[::1]:8080:80/sctp"), ("7000-7002:80-82", "7000-7002:80-82/tcp"),
            ("65535:65535", "65535:65535/tcp"),
        ])
    func portIsRead(_ text: String, _ canonical: String) throws {
        let mapping = try PortMapping(text)
        #expect(mapping.description == canonical)
        #expect(try PortMapping(canonical) == mapping)
    }

    @Test(
        "a wrong port mapping is refused with docker's status and its own text",
        arguments: [
            "", "80", ":80", "80:", "0:80", "80:0", "65536:80", "80:65536", "a:80", "+1:80", "80:80/icmp", "1.2.3:1:2",
            "::1:1:2:x", "5-3:5-3", "1-3:1-2", "1-2:5", "1:2-3", "1-:1", " 1:1", "1:1 ", "1:2:3:4", "80:80/",
        ])
    func wrongPortIsRefused(_ text: String) {
        #expect {
            try PortMapping(text)
        } throws: { error in
            let refusal = error as? RunnerError
            return refusal?.exitCode == 125 && refusal?.description.contains("-p: \"\(text)\"") == true
        }
    }

    @Test("a range becomes one capability entry for each port")
    func rangeBecomesEntries() throws {
        let entries = try PortMapping("127.0.0.1:7000-7001:80-81/udp").capabilityEntries.map { $0.text() }
        #expect(
            entries == [
                #"{"hostPort":7000,"containerPort":80,"protocol":"udp","hostIP":"127.0.0.1"}"#,
                #"{"hostPort":7001,"containerPort":81,"protocol":"udp","hostIP":"127.0.0.1"}"#,
            ])
    }

    @Test("--network is read; the default is the network called bridge")
    func networkIsRead() throws {
        #expect(try NetworkMode([]) == .networks(["bridge"]))
        #expect(try NetworkMode(["none"]) == .none)
        #expect(try NetworkMode(["host"]) == .host)
        #expect(try NetworkMode(["container:web"]) == .container("web"))
        #expect(try NetworkMode(["a", "b"]) == .networks(["a", "b"]))
    }

    @Test(
        "networks that do not go together are refused",
        arguments: [["container:"], ["none", "a"], ["a", "host"], ["a", "container:b"], ["a", "a"]])
    func wrongNetworks(_ values: [String]) {
        #expect(throws: RunnerError.self) { try NetworkMode(values) }
    }

    @Test("a volume is read; a relative path counts from the working directory")
    func volumeIsRead() throws {
        #expect(
            try VolumeMount("/a:/b", relativeTo: "/x") == VolumeMount(source: "/a", target: "/b", readOnly: false))
        #expect(
            try VolumeMount("./a:/b:ro", relativeTo: "/x")
                == VolumeMount(source: "/x/./a", target: "/b", readOnly: true))
    }

    @Test("a wrong volume is refused", arguments: ["", "/a", "/a:b", "/a:/", "a:/b", ":/b", "/a:/b:rx", "/a:/b:ro:x"])
    func wrongVolume(_ text: String) {
        #expect(throws: RunnerError.self) { try VolumeMount(text, relativeTo: "/") }
    }

    @Test(
        "names are those that can become host names and file names",
        arguments: [
            ("web", true), ("a-b_c.9", true), ("", false), (".a", false), ("-a", false), ("a/b", false), ("a b", false),
            ("ä", false), (String(repeating: "x", count: 65), false),
        ])
    func names(_ name: String, _ allowed: Bool) {
        #expect(ContainerStore.isName(name) == allowed)
    }

    @Test("an id is 32 hexadecimal digits, never the same")
    func ids() {
        let ids = (0..<100).map { _ in ContainerStore.newID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { id in id.count == 32 && id.allSatisfy { $0.isHexDigit } })
    }

    @Test("a later variable of the same name replaces the earlier one in its place")
    func environment() {
        let list = EnvironmentList(["A=1", "B=2", "A=3"]).merging(["B=4", "C=", "D=x=y"])
        #expect(list.entries == ["A=3", "B=4", "C=", "D=x=y"])
    }

    @Test("a user is found by name or number, with the groups that name it")
    func users() throws {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:100:Web:/srv/web:/bin/sh\n"
        let group = "root:x:0:\nusers:x:100:\naudio:x:29:web,tv\n"
        let byName = try UserLookup.resolve("web", passwd: passwd, group: group)
        #expect(byName.user.user == 1000 && byName.user.group == 100 && byName.user.supplementary == [29])
        #expect(byName.home == "/srv/web")
        let chosen = try UserLookup.resolve("1000:audio", passwd: passwd, group: group)
        #expect(chosen.user.user == 1000 && chosen.user.group == 29 && chosen.user.supplementary.isEmpty)
        #expect(try UserLookup.resolve("4242", passwd: passwd, group: group).user.group == 0)
        #expect(throws: RunnerError.self) { try UserLookup.resolve("nobody", passwd: passwd, group: group) }
        #expect(throws: RunnerError.self) { try UserLookup.resolve("web:nogroup", passwd: passwd, group: group) }
    }

    @Test("names that may have been meant are near, others are not")
    func similarity() {
        #expect(Similarity.isClose("webserver", "web"))
        #expect(Similarity.isClose("database", "databsae"))
        #expect(!Similarity.isClose("database", "web"))
        #expect(!Similarity.isClose("b", "a"))
    }
}
