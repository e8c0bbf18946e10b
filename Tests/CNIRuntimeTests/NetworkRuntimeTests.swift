import CNI
import CNIRuntime
import Foundation
import JSON
import Synchronization
import Testing

struct NetworkRuntimeTests {
    private static let web =
        #"{"cniVersion":"1.1.0","name":"web","plugins":[{"type":"first","x":[1.50]},{"type":"second"},{"type":"third"}]}"#
    private let plugins: FakePlugins
    private let list: NetworkList
    private let target = AttachmentTarget(containerID: "cid", ifname: "eth0", netns: "/run/netns/a")

    init() throws {
        plugins = try FakePlugins()
        list = try plugins.list(Self.web)
    }

    private func error(_ body: () throws(RuntimeError) -> Void) -> RuntimeError? {
        do throws(RuntimeError) { try body() } catch { return error }
        return nil
    }

    @Test("ADD runs in order, each plugin given the result of the one before, unknown members kept")
    func chain() throws {
        let result = try plugins.runtime.attach(list, target)
        #expect(result.interfaces == [.init(name: "third")])
        #expect(try plugins.lastLine() == "third ADD cid eth0 /run/netns/a ")
        #expect(try plugins.takeLog() == ["first ADD", "second ADD", "third ADD"])
        #expect(try plugins.input("first", "ADD") == #"{"type":"first","x":[1.50],"name":"web","cniVersion":"1.1.0"}"#)
        let previous = #""prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"first"}],"extra":1}"#
        #expect(
            try plugins.input("second", "ADD") == #"{"type":"second","name":"web","cniVersion":"1.1.0",\#(previous)}"#)
    }

    @Test("what must be known at DEL is kept in libcni's place and format")
    func cache() throws {
        let target = AttachmentTarget(
            containerID: "cid", ifname: "eth0", netns: "/run/netns/a", arguments: try CNIArguments("A=1;B="),
            capabilityArguments: JSONObject([("mac", .string("x"))]))
        _ = try plugins.runtime.attach(list, target)
        #expect(plugins.cacheFiles == ["web-cid-eth0"])
        let path = "\(plugins.directory)/cache/results/web-cid-eth0"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let kept = try JSONValue.parse(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        let config = Data(Self.web.utf8).base64EncodedString()
        let expected =
            #"{"kind":"cniCacheV1","containerId":"cid","config":"\#(config)","ifName":"eth0","networkName":"web","netns":"/run/netns/a","#
            + #""cniArgs":[["A","1"],["B",""]],"capabilityArgs":{"mac":"x"},"result":{"cniVersion":"1.0.0","interfaces":[{"name":"third"}],"extra":1}}"#
        #expect(kept.text() == expected)
        let (attachments, faults) = try plugins.runtime.attachments()
        #expect(attachments.map(\.target) == [target] && attachments[0].list == list && faults.isEmpty)
        #expect(try attachments[0].result().interfaces == [.init(name: "third")])
        #expect(try plugins.runtime.attachments(of: "other").attachments.isEmpty)
    }

    @Test("a plugin gets the capability arguments that it declares, and no key that only a runtime may make")
    func capabilities() throws {
        let list = try plugins.list(
            #"{"name":"web","plugins":[{"type":"first","capabilities":{"mac":true,"ips":false},"prevResult":{},"cni.dev/x":1},{"type":"second","runtimeConfig":{"own":1}}]}"#
        )
        let target = AttachmentTarget(
            containerID: "cid", ifname: "eth0", netns: "/n",
            capabilityArguments: JSONObject([("ips", .array([])), ("mac", .string("m")), ("other", .null)]))
        _ = try plugins.runtime.attach(list, target)
        #expect(
            try plugins.input("first", "ADD")
                == #"{"type":"first","name":"web","cniVersion":"0.1.0","runtimeConfig":{"mac":"m"}}"#)
        #expect(try plugins.input("second", "ADD").contains(#""runtimeConfig":{"own":1}"#))
    }

    @Test("when an ADD fails, all plugins get DEL in reverse order, nothing is kept, and the plugin's code is reported")
    func failedAdd() throws {
        try plugins.fail(["second ADD", "second DEL"])
        let error = try #require(error { () throws(RuntimeError) in _ = try plugins.runtime.attach(list, target) })
        #expect(error.cause.code == 11)
        #expect(error.subject == "network web: ADD of second")
        #expect(error.consequences.map(\.subject) == ["network web: DEL of second"])
        #expect(error.description == "\(error.subject): \(error.cause)", "the same reason is said once")
        #expect(try plugins.takeLog() == ["first ADD", "second ADD", "third DEL", "second DEL", "first DEL"])
        #expect(plugins.cacheFiles.isEmpty)
    }

    @Test("when a plugin is missing, none is executed")
    func missingPlugin() throws {
        let list = try plugins.list(#"{"name":"web","plugins":[{"type":"first"},{"type":"missing"}]}"#)
        let error = error { () throws(RuntimeError) in _ = try plugins.runtime.attach(list, target) }
        #expect(error?.cause.code == 7)
        #expect(error?.description.contains("missing") == true)
        #expect(try plugins.takeLog().isEmpty)
    }

    @Test("a container is attached only once by one interface")
    func attachedTwice() throws {
        _ = try plugins.runtime.attach(list, target)
        _ = try plugins.takeLog()
        let error = error { () throws(RuntimeError) in _ = try plugins.runtime.attach(list, target) }
        #expect(error?.cause.code == 7)
        #expect(try plugins.takeLog().isEmpty)
        _ = try plugins.runtime.attach(list, AttachmentTarget(containerID: "cid", ifname: "eth1", netns: "/n"))
        #expect(plugins.cacheFiles == ["web-cid-eth0", "web-cid-eth1"])
    }

    @Test("of many requests at once for one interface of one container one is served, the others are refused whole")
    func attachedAtOnce() throws {
        let codes = Mutex<[Int]>([])
        let (runtime, list, target) = (plugins.runtime, list, target)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            var code = 0
            do throws(RuntimeError) { _ = try runtime.attach(list, target) } catch { code = error.cause.code }
            codes.withLock { $0.append(code) }
        }
        let sorted = codes.withLock { $0 }.sorted()
        #expect(sorted == [0] + Array(repeating: 7, count: 7))
        #expect(try plugins.takeLog() == ["first ADD", "second ADD", "third ADD"])
        try runtime.check(list, target)
    }

    @Test("DEL runs in reverse with the final result and the configuration of ADD, and forgets the attachment")
    func detach() throws {
        let target = AttachmentTarget(
            containerID: "cid", ifname: "eth0", netns: "/n", arguments: try CNIArguments("A=1"))
        _ = try plugins.runtime.attach(list, target)
        _ = try plugins.takeLog()
        let changed = try plugins.list(
            #"{"cniVersion":"1.1.0","name":"web","plugins":[{"type":"third","changed":true}]}"#)
        try plugins.runtime.detach(changed, AttachmentTarget(containerID: "cid", ifname: "eth0", netns: ""))
        #expect(try plugins.lastLine() == "first DEL cid eth0 /n A=1")
        #expect(try plugins.takeLog() == ["third DEL", "second DEL", "first DEL"])
        let final = #""prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"third"}],"extra":1}"#
        #expect(try plugins.input("first", "DEL").contains(final))
        #expect(plugins.cacheFiles.isEmpty)
        try plugins.runtime.detach(changed, target)
        #expect(
            try plugins.input("third", "DEL") == #"{"type":"third","changed":true,"name":"web","cniVersion":"1.1.0"}"#)
    }

    @Test("a failed DEL stops the chain and keeps the attachment for the next try")
    func failedDelete() throws {
        _ = try plugins.runtime.attach(list, target)
        _ = try plugins.takeLog()
        try plugins.fail(["second DEL"])
        let error = error { () throws(RuntimeError) in try plugins.runtime.detach(list, target) }
        #expect(error?.cause.code == 11)
        #expect(try plugins.takeLog() == ["third DEL", "second DEL"])
        #expect(plugins.cacheFiles.count == 1)
        try plugins.fail([])
        try plugins.runtime.detach(list, target)
        #expect(plugins.cacheFiles.isEmpty)
    }

    @Test(
        "a kept attachment that is damaged does not keep DEL from working",
        arguments: ["", "{", "{}", #"{"kind":"x"}"#])
    func damagedCache(text: String) throws {
        try plugins.write(text, to: "cache/results/web-cid-eth0")
        #expect(try plugins.runtime.attachments().faults.count == 1)
        try plugins.runtime.detach(list, target)
        #expect(try plugins.takeLog() == ["third DEL", "second DEL", "first DEL"])
        #expect(plugins.cacheFiles.isEmpty)
    }

    @Test("before 0.4.0 DEL is not given a result, and CHECK does not exist")
    func oldVersion() throws {
        let list = try plugins.list(#"{"cniVersion":"0.3.1","name":"web","plugins":[{"type":"first"}]}"#)
        _ = try plugins.runtime.attach(list, target)
        #expect(error { () throws(RuntimeError) in try plugins.runtime.check(list, target) }?.cause.code == 1)
        try plugins.runtime.detach(list, target)
        #expect(try plugins.takeLog() == ["first ADD", "first DEL"])
        #expect(try !plugins.input("first", "DEL").contains("prevResult"))
    }

    @Test("CHECK runs in order with the final result, and knows who is not attached")
    func check() throws {
        #expect(error { () throws(RuntimeError) in try plugins.runtime.check(list, target) }?.cause.code == 3)
        _ = try plugins.runtime.attach(list, target)
        _ = try plugins.takeLog()
        try plugins.runtime.check(list, target)
        #expect(try plugins.takeLog() == ["first CHECK", "second CHECK", "third CHECK"])
        #expect(try plugins.input("first", "CHECK").contains(#""interfaces":[{"name":"third"}]"#))
        try plugins.fail(["second CHECK"])
        #expect(error { () throws(RuntimeError) in try plugins.runtime.check(list, target) }?.cause.code == 11)
        #expect(try plugins.takeLog() == ["first CHECK", "second CHECK"])
    }

    @Test("CHECK is skipped where the configuration says so", arguments: ["true", #""true""#])
    func disabledCheck(flag: String) throws {
        let list = try plugins.list(
            #"{"cniVersion":"1.0.0","name":"web","disableCheck":\#(flag),"plugins":[{"type":"first"}]}"#)
        _ = try plugins.runtime.attach(list, target)
        try plugins.runtime.check(list, target)
        #expect(try plugins.takeLog() == ["first ADD"])
    }

    @Test("STATUS asks every plugin, from 1.1.0 on")
    func status() throws {
        try plugins.runtime.status(list)
        #expect(try plugins.takeLog() == ["first STATUS", "second STATUS", "third STATUS"])
        #expect(
            try plugins.input("first", "STATUS") == #"{"type":"first","x":[1.50],"name":"web","cniVersion":"1.1.0"}"#)
        try plugins.fail(["first STATUS"])
        #expect(error { () throws(RuntimeError) in try plugins.runtime.status(list) }?.cause.code == 11)
        try plugins.runtime.status(
            try plugins.list(#"{"cniVersion":"1.0.0","name":"web","plugins":[{"type":"first"}]}"#))
        #expect(try plugins.takeLog() == ["first STATUS"])
    }

    @Test("GC detaches what is kept and not valid, then tells every plugin what is valid, and goes on after errors")
    func garbage() throws {
        let other = try plugins.list(#"{"name":"other","plugins":[{"type":"first"}]}"#)
        for id in ["a", "b", "c"] {
            _ = try plugins.runtime.attach(list, AttachmentTarget(containerID: id, ifname: "eth0", netns: "/n"))
        }
        _ = try plugins.runtime.attach(other, target)
        _ = try plugins.takeLog()
        try plugins.fail(["second GC"])
        let error = error { () throws(RuntimeError) in
            try plugins.runtime.collectGarbage(list, keeping: [.init(containerID: "b", ifname: "eth0")])
        }
        #expect(error?.subject == "network web: GC of second")
        let deletion = ["third DEL", "second DEL", "first DEL"]
        #expect(try plugins.takeLog() == deletion + deletion + ["first GC", "second GC", "third GC"])
        #expect(plugins.cacheFiles == ["other-cid-eth0", "web-b-eth0"])
        let valid = #"[{"containerID":"b","ifname":"eth0"}]"#
        let keys = #""cni.dev/valid-attachments":\#(valid),"cni.dev/attachments":\#(valid)}"#
        #expect(try plugins.input("third", "GC") == #"{"type":"third","name":"web","cniVersion":"1.1.0",\#(keys)"#)
    }

    @Test("what is valid is asked for when nothing can be attached any more")
    func validUnderLock() throws {
        let lock = "\(plugins.directory)/locks"
        _ = try plugins.runtime.attach(list, target)
        _ = try plugins.takeLog()
        var states: [Bool] = []
        try plugins.runtime.collectGarbage(list) { () throws(RuntimeError) in
            states = Self.areLocked(in: lock)
            return [target.id]
        }
        #expect(states.contains(true))
        #expect(!Self.areLocked(in: lock).contains(true))
        #expect(try plugins.takeLog() == ["first GC", "second GC", "third GC"])
        #expect(plugins.cacheFiles == ["web-cid-eth0"])
    }

    /// Whether another process would have to wait for a shared lock, for each lock file of a network.
    private static func areLocked(in directory: String) -> [Bool] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix("network-") }.map { name in
            let probe = Process()
            probe.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
            probe.arguments = ["--shared", "--nonblock", "\(directory)/\(name)", "true"]
            try? probe.run()
            probe.waitUntilExit()
            return probe.terminationStatus != 0
        }
    }

    @Test("before 1.1.0 GC only detaches, and it is skipped where the configuration says so")
    func restrainedGarbage() throws {
        let old = try plugins.list(#"{"cniVersion":"1.0.0","name":"web","plugins":[{"type":"first"}]}"#)
        let disabled = try plugins.list(
            #"{"cniVersion":"1.1.0","name":"web","disableGC":true,"plugins":[{"type":"first"}]}"#)
        _ = try plugins.runtime.attach(old, target)
        try plugins.runtime.collectGarbage(disabled, keeping: [])
        #expect(try plugins.takeLog() == ["first ADD"])
        try plugins.runtime.collectGarbage(old, keeping: [])
        #expect(try plugins.takeLog() == ["first DEL"])
    }

    @Test("an attachment kept by libcni is detached with its own configuration")
    func keptByOthers() throws {
        let config = Data(#"{"cniVersion":"1.0.0","name":"web","type":"second"}"#.utf8).base64EncodedString()
        let text =
            #"{"kind":"cniCacheV1","containerId":"cid","config":"\#(config)","ifName":"eth0","networkName":"web","cniArgs":[["K","V"]],"result":{"cniVersion":"1.0.0"}}"#
        try plugins.write(text, to: "cache/results/web-cid-eth0")
        try plugins.runtime.detach(list, AttachmentTarget(containerID: "cid", ifname: "eth0", netns: "/gone"))
        #expect(try plugins.lastLine() == "second DEL cid eth0 /gone K=V")
        #expect(plugins.cacheFiles.isEmpty)
    }

    @Test(
        "names that could lead elsewhere are refused before anything is executed",
        arguments: [
            ("../x", "eth0"), ("", "eth0"), ("cid", "a/b"), ("cid", ""), (String(repeating: "a", count: 250), "eth0"),
        ])
    func hostileNames(containerID: String, ifname: String) throws {
        let target = AttachmentTarget(containerID: containerID, ifname: ifname, netns: "/n")
        for attempt in [true, false] {
            let error = error { () throws(RuntimeError) in
                if attempt {
                    _ = try plugins.runtime.attach(list, target)
                } else {
                    try plugins.runtime.detach(list, target)
                }
            }
            #expect(error?.cause.code == 4 || error?.cause.code == 7)
        }
        #expect(try plugins.takeLog().isEmpty)
    }

    @Test("an ADD that prints no result fails, and is undone")
    func noResult() throws {
        try plugins.write(
            "#!/bin/sh\n[ \"$CNI_COMMAND\" = DEL ] && echo DEL >> \"$TRACE/log\"; true\n", to: "bin/first")
        let error = error { () throws(RuntimeError) in _ = try plugins.runtime.attach(list, target) }
        #expect(error?.cause.code == 102)
        #expect(try plugins.takeLog() == ["third DEL", "second DEL", "DEL"])
    }
}
