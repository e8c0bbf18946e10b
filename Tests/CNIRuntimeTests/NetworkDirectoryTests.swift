import CNI
import CNIRuntime
import JSON
import Testing

struct NetworkDirectoryTests {
    private let plugins: FakePlugins

    init() throws {
        plugins = try FakePlugins([])
    }

    private func names() throws -> [String] { try plugins.runtime.networks.networks().entries.map(\.list.name) }

    @Test("networks come in the order of file names; other files are not looked at; the first of a name counts")
    func order() throws {
        try plugins.write(#"{"name":"b","plugins":[{"type":"x"}]}"#, to: "net.d/20-b.conflist")
        try plugins.write(#"{"name":"a","type":"x","mtu":9}"#, to: "net.d/30-a.conf")
        try plugins.write(#"{"name":"c","type":"x"}"#, to: "net.d/10-c.json")
        try plugins.write(#"{"name":"a","plugins":[{"type":"other"}]}"#, to: "net.d/40-a.conflist")
        try plugins.write("not JSON", to: "net.d/README.md")
        try plugins.write("not JSON", to: "net.d/.conf")
        #expect(try names() == ["c", "b", "a"])
        #expect(try plugins.runtime.networks.networks().faults.count == 1)
        #expect(try plugins.runtime.networks.network(named: "a").plugins.map(\.type) == ["x"])
    }

    @Test("a missing directory holds no networks")
    func missingDirectory() throws {
        #expect(try NetworkDirectory("/nonexistent/net.d").networks().entries.isEmpty)
        let error = #expect(throws: RuntimeError.self) { try NetworkDirectory("/nonexistent").network(named: "a") }
        #expect(error?.cause.code == 7)
    }

    @Test("plugins beside the list are added unless it says otherwise")
    func besideTheList() throws {
        try plugins.write(#"{"name":"a","plugins":[{"type":"x"}]}"#, to: "net.d/a.conflist")
        try plugins.write(
            #"{"name":"b","loadOnlyInlinedPlugins":true,"plugins":[{"type":"x"}]}"#, to: "net.d/b.conflist")
        try plugins.write(#"{"name":"c"}"#, to: "net.d/c.conflist")
        for name in ["a", "b", "c"] {
            try plugins.write(#"{"type":"z"}"#, to: "net.d/\(name)/20.conf")
            try plugins.write(#"{"type":"y"}"#, to: "net.d/\(name)/10.conf")
            try plugins.write(#"{"type":"w"}"#, to: "net.d/\(name)/10.json")
        }
        let networks = plugins.runtime.networks
        #expect(try networks.network(named: "a").plugins.map(\.type) == ["x", "y", "z"])
        #expect(try networks.network(named: "b").plugins.map(\.type) == ["x"])
        #expect(try networks.network(named: "c").plugins.map(\.type) == ["y", "z"])
        // What is kept of a list must be read back without the files beside it.
        let list = try networks.network(named: "a")
        #expect(try NetworkList(list.document) == list)
    }

    @Test(
        "the newest version known to both is spoken",
        arguments: [
            (#""cniVersion":"0.4.0""#, "0.4.0"), (#""x":1"#, "0.1.0"), (#""cniVersion":"""#, "0.1.0"),
            (#""cniVersions":["0.3.1","1.1.0","9.9.9"]"#, "1.1.0"),
            (#""cniVersion":"0.4.0","cniVersions":["0.3.1","0.4.0","1.0.0"]"#, "1.0.0"),
        ])
    func version(member: String, expected: String) throws {
        #expect(try plugins.list(#"{"name":"a",\#(member),"plugins":[{"type":"x"}]}"#).version.description == expected)
    }

    @Test(
        "a file that is no network is a fault that names it, and the others are still read",
        arguments: [
            ("", 6), ("[]", 6), (#"{"plugins":[{"type":"x"}]}"#, 7), (#"{"name":"a","plugins":[]}"#, 7),
            (#"{"name":"a","plugins":{}}"#, 6),
            (#"{"name":"../a","plugins":[{"type":"x"}]}"#, 7), (#"{"name":"a","plugins":[{}]}"#, 7),
            (#"{"name":"a","plugins":[{"type":"../x"}]}"#, 7),
            (#"{"name":"a","plugins":[{"type":"x","capabilities":{"mac":"yes"}}]}"#, 6),
            (#"{"name":"a","cniVersion":"9.9","plugins":[{"type":"x"}]}"#, 1),
            (#"{"name":"a","disableCheck":"perhaps","plugins":[{"type":"x"}]}"#, 6),
            (#"{"name":"a","disableGC":1,"plugins":[{"type":"x"}]}"#, 6),
            (#"{"name":"a","loadOnlyInlinedPlugins":true}"#, 7), (#"{"name":"a"}"#, 7),
        ])
    func faults(text: String, code: Int) throws {
        try plugins.write(text, to: "net.d/10-bad.conflist")
        try plugins.write(#"{"name":"good","type":"x"}"#, to: "net.d/20-good.conf")
        let (entries, faults) = try plugins.runtime.networks.networks()
        #expect(entries.map(\.list.name) == ["good"])
        #expect(faults.map(\.cause.code) == [code])
        #expect(faults.first?.subject.hasSuffix("10-bad.conflist") == true)
        let error = #expect(throws: RuntimeError.self) { try plugins.runtime.networks.network(named: "a") }
        #expect(error?.consequences == faults)
    }

    @Test("a list that ends anywhere is a fault")
    func truncated() throws {
        let text =
            #"{"cniVersion":"1.0.0","name":"a","disableGC":"true","plugins":[{"type":"x","capabilities":{"mac":true}}]}"#
        for count in 0..<text.utf8.count {
            try plugins.write(String(text.prefix(count)), to: "net.d/a.conflist")
            let (entries, faults) = try plugins.runtime.networks.networks()
            #expect(entries.isEmpty && faults.map(\.cause.code) == [6])
        }
        try plugins.write(text, to: "net.d/a.conflist")
        #expect(try plugins.runtime.networks.network(named: "a").disablesGarbageCollection)
    }
}
