import Addressing
import CNI
import Foundation
import JSON
import Testing

struct DelegateTests {
    /// A directory with one plugin, a shell script, for the time of `body`.
    private func withPlugin(
        _ script: String, name: String = "fake", _ body: (PluginContext, String) throws -> Void
    ) throws {
        let directory = NSTemporaryDirectory() + "/hawser-delegate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "#!/bin/sh\n\(script)\n".write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(directory)/\(name)")
        let environment = [
            "CNI_PATH=/nonexistent::\(directory)", "CNI_COMMAND=ADD", "CNI_CONTAINERID=cid", "PATH=/usr/bin:/bin",
            "TRACE=\(directory)/trace",
        ]
        try body(PluginContext(environment: environment), directory)
    }

    private func request(_ context: PluginContext, version: String = "1.0.0") throws -> AttachmentRequest {
        let text = #"{"cniVersion":"\#(version)","name":"n","unknown":[1.0],"ipam":{"type":"fake"}}"#
        return AttachmentRequest(
            verb: .add, attachment: try Attachment(network: "n", containerID: "cid", ifname: "eth0", netns: "/n"),
            configuration: try NetworkConfiguration(Array(text.utf8), for: .add), context: context)
    }

    @Test("a delegate gets the whole configuration and the environment, and its result is read")
    func add() throws {
        let script =
            #"cat > "$TRACE.stdin"; echo "$CNI_COMMAND $CNI_CONTAINERID $#" > "$TRACE"; echo '{"ips":[{"address":"10.0.0.2/8"}]}'"#
        try withPlugin(script) { context, directory in
            let request = try request(context)
            let result = try Delegate.find("fake", key: "ipam.type", in: context).add(request)
            #expect(result.addresses.map(\.address.description) == ["10.0.0.2/8"])
            #expect(try String(contentsOfFile: "\(directory)/trace", encoding: .utf8) == "ADD cid 0\n")
            #expect(
                Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/trace.stdin")))
                    == request.configuration.text)
        }
    }

    @Test("its result without version is read in the version of the configuration")
    func assumedVersion() throws {
        try withPlugin(#"echo '{"ip4":{"ip":"10.0.0.2/8"}}'"#) { context, _ in
            let delegate = try Delegate.find("fake", key: "ipam.type", in: context)
            #expect(try delegate.add(try request(context, version: "0.2.0")).addresses.count == 1)
            #expect(try delegate.add(try request(context)).addresses.isEmpty)
        }
    }

    @Test(
        "a failure keeps the delegate's code, a broken protocol is 102, and DEL follows either",
        arguments: [
            (#"echo '{"code":11,"msg":"pool empty","details":"d"}'; exit 1"#, 11, "pool empty: d"),
            ("exit 3", 102, "status 3"),
            (#"echo '{"code":0,"msg":"x"}'; exit 1"#, 102, "status 1"), ("echo no; exit 0", 102, "not JSON"),
            (#"echo '{"ips":3}'"#, 102, "ips"),
            (#"echo '{"dns":{}}{"code":8}'"#, 102, "not JSON"), ("kill -9 $$", 102, "signal 9"),
            ("yes | head -c 3000000", 102, "EFBIG"),
            (#"echo '{"code":999,"msg":"untyped"}'; exit 1"#, 999, "untyped"),
        ])
    func failures(script: String, code: Int, text: String) throws {
        try withPlugin(#"echo "$CNI_COMMAND" >> "$TRACE"; [ "$CNI_COMMAND" = DEL ] && exit 0; \#(script)"#) {
            context, directory in
            let delegate = try Delegate.find("fake", key: "ipam.type", in: context)
            let error = #expect(throws: CNIError.self) { try delegate.add(try request(context)) }
            #expect(error?.code == code)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
            #expect(try String(contentsOfFile: "\(directory)/trace", encoding: .utf8) == "ADD\nDEL\n")
        }
    }

    @Test("every verb reaches it, whatever verb the caller was started for")
    func verbs() throws {
        try withPlugin(#"echo "$CNI_COMMAND" >> "$TRACE""#) { context, directory in
            let delegate = try Delegate.find("fake", key: "ipam.type", in: context)
            let request = try request(context)
            let network = NetworkRequest(verb: .status, configuration: request.configuration, context: context)
            try delegate.check(request)
            try delegate.delete(request)
            try delegate.collectGarbage(network)
            try delegate.status(network)
            #expect(try String(contentsOfFile: "\(directory)/trace", encoding: .utf8) == "CHECK\nDEL\nGC\nSTATUS\n")
        }
    }

    @Test("a plugin that reads nothing and answers is heard out")
    func readsNothing() throws {
        try withPlugin("exec 0<&-; echo '{}'") { context, _ in
            let text = #"{"cniVersion":"1.0.0","name":"n","x":"\#(String(repeating: "x", count: 200_000))"}"#
            let request = AttachmentRequest(
                verb: .add, attachment: try Attachment(network: "n", containerID: "cid", ifname: "eth0", netns: "/n"),
                configuration: try NetworkConfiguration(Array(text.utf8), for: .add), context: context)
            #expect(try Delegate.find("fake", key: "ipam.type", in: context).add(request) == CNIResult())
        }
    }

    @Test("a type that is no plugin is code 7, naming key, type and path", arguments: ["missing", "../fake", "", "."])
    func notFound(type: String) throws {
        try withPlugin("true") { context, _ in
            let error = #expect(throws: CNIError.self) { try Delegate.find(type, key: "ipam.type", in: context) }
            #expect(error?.code == 7)
            #expect(error?.message.contains("ipam.type") == true)
        }
    }

    @Test("a directory, and a file that may not be executed, are no plugins")
    func notExecutable() throws {
        try withPlugin("true") { context, directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/folder", withIntermediateDirectories: false)
            try "".write(toFile: "\(directory)/text", atomically: false, encoding: .utf8)
            for name in ["folder", "text"] {
                #expect(throws: CNIError.self) { try Delegate.find(name, key: "type", in: context) }
            }
        }
    }
}
