import JSON
import Testing

@testable import ContainerImages

@Suite struct NameTests {
    @Test("names are docker's, shortened and with a tag")
    func names() {
        let good = [
            ("alpine", "alpine:latest"), ("alpine:3.19", "alpine:3.19"), ("docker.io/library/alpine", "alpine:latest"),
            ("docker.io/grafana/grafana:1", "grafana/grafana:1"), ("localhost/a_b:X.y-1", "localhost/a_b:X.y-1"),
            ("Registry.example:5000/team/app", "Registry.example:5000/team/app:latest"),
        ]
        for (text, expected) in good { #expect(ImageName(text)?.description == expected) }
        let bad = [
            "", ":", "a:", ":a", "Upper", "a b", "a/", "/a", "a//b", "../a", "a:b:c", "a:\u{1b}[2J", "a\u{0}b", "ä",
            "a:" + String(repeating: "t", count: 129), String(repeating: "n", count: 256), "a@sha256:12", "a:.b", "-a",
        ]
        for text in bad { #expect(ImageName(text) == nil, "\(text)") }
    }

    @Test("digests are sixty-four lower-case digits of SHA-256; the empty text's is known")
    func digests() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(ImageDigest(of: []).hex == empty)
        #expect(ImageDigest(of: Array("abc".utf8)).short == "ba7816bf8f01")
        #expect(ImageDigest("sha256:\(empty)")?.hex == empty)
        for text in ["", "sha256:", "sha256:\(empty)0", "sha512:\(empty)", empty, "sha256:\(empty.uppercased())"] {
            #expect(ImageDigest(text) == nil)
        }
        #expect(ImageDigest(hex: "../../../../../../../../../../../../../../../../../../../etc/pass") == nil)
    }

    @Test("ports as a configuration exposes them")
    func ports() {
        for (text, expected) in [("80", "80/tcp"), ("53/udp", "53/udp"), ("1000-1002/SCTP", "1000-1002/sctp")] {
            #expect(ImageConfiguration.ExposedPort(text)?.description == expected)
        }
        for text in ["", "0", "65536", "80/", "80/icmp", "2-1", "1-2-3", "a", "-1", "80/tcp/udp", "/tcp", "-"] {
            #expect(ImageConfiguration.ExposedPort(text) == nil, "\(text)")
        }
    }

    @Test("a configuration's null is nothing, its nonsense an error that names the member")
    func configurations() throws {
        func read(_ config: String) throws(ImageError) -> ImageConfiguration {
            let text =
                #"{"architecture": "arm64", "variant": "v8", "os": "linux", "rootfs": {"diff_ids": null}, "config": \#(config)}"#
            return try ImageConfiguration(Array(text.utf8), of: "image", entry: "config")
        }
        let empty = try read("null")
        #expect(empty.command == [] && empty.user == "" && empty.platform?.description == "linux/arm64/v8")
        let full = try read(
            #"""
            {"Env": ["A=1", "B=x=y", "none"], "Cmd": ["a", "b"], "Entrypoint": null, "User": "www:2", "WorkingDir": "/srv",
             "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "StopSignal": "SIGQUIT", "Volumes": {"/data": {}}, "Labels": {"a": "b"}}
            """#)
        #expect(full.environment == ["A=1", "B=x=y"] && full.command == ["a", "b"] && full.entrypoint == [])
        #expect(full.user == "www:2" && full.workingDirectory == "/srv" && full.stopSignal == "SIGQUIT")
        #expect(full.exposedPorts.map(\.description) == ["80/tcp", "53/udp"] && full.volumes == ["/data"])
        #expect(full.labels == [.init(name: "a", value: "b")])
        for (config, member) in [
            (#"{"Env": "A=1"}"#, "Env"), (#"{"Cmd": [1]}"#, "Cmd"), (#"{"User": 7}"#, "User"), ("[]", "config"),
            (#"{"ExposedPorts": {"x": {}}}"#, "ExposedPorts"), (#"{"Entrypoint": ["a\u0000b"]}"#, "Entrypoint"),
            (#"{"Volumes": {"/a\u0000b": {}}}"#, "Volumes"), (#"{"Labels": {"a": 1}}"#, "a is 1"),
        ] {
            let error = try #require(throws: ImageError.self) { _ = try read(config) }
            #expect(
                error.description.hasPrefix("image image: config: ") && error.description.contains(member), "\(error)")
        }
    }

    @Test("what a stranger wrote into names does not reach a terminal as control characters")
    func controlCharacters() {
        let error = ImageError("file", "\u{1b}[2J\u{7}x", .malformed("a\u{9b}b"))
        #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) })
    }
}
