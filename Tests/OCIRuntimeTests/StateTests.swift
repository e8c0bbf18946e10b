import Foundation
import JSON
import LinuxSystem
import OCIRuntime
import Testing

@Suite struct StateTests {
    private var record: ContainerRecord {
        ContainerRecord(
            id: "web", bundle: "/b", root: "/b/rootfs", created: "2026-11-21T09:30:00Z", version: "1.0.2",
            annotations: [("a", "1")])
    }

    @Test("a record is read as it was written") func roundTrip() throws {
        var record = record
        record.process = .init(identifier: 12, startTime: 99)
        record.groupPath = "a/web"
        record.filterFlags = 2
        #expect(try ContainerRecord.decode(record.json.encoded(), file: "state.json") == record)
        record.process = nil
        #expect(try ContainerRecord.decode(record.json.encoded(), file: "state.json") == record)
    }

    @Test("the state that callers see has the members of the specification") func state() throws {
        var record = record
        record.process = .init(identifier: 12, startTime: 99)
        let running = try #require(record.state(.running).object)
        #expect(running["pid"]?.integer == 12)
        #expect(running["status"]?.string == "running")
        #expect(running["annotations"]?.object?["a"]?.string == "1")
        #expect(record.state(.stopped).object?["pid"]?.integer == 0)
    }

    @Test(
        "a name that is no safe file name is refused",
        arguments: ["", ".", "..", "a/b", "a b", "é", String(repeating: "a", count: 256)])
    func names(_ name: String) throws {
        #expect(throws: OCIError.self) { try StateStore.check(name) }
        try StateStore.check("0aZ_+-.b")
    }

    @Test("there is no record where there is no directory") func absent() throws {
        let store = StateStore("/nonexistent/hawser-oci")
        #expect(try store.record("web") == nil)
        #expect(try store.names() == [])
    }

    @Test("messages have the layout that callers read") func log() throws {
        let time = Timestamp(nanoseconds: 1_795_253_400_123_456_789)
        let json = RuntimeLog(path: "/x", format: .json).line(.error, "no \"x\"", at: time)
        #expect(json == #"{"level":"error","msg":"no \"x\"","time":"2026-11-21T09:30:00Z"}"# + "\n")
        let text = RuntimeLog().line(.warning, "so", at: time)
        #expect(text == #"time="2026-11-21T09:30:00Z" level=warning msg="so""# + "\n")
        #expect(time.description == "2026-11-21T09:30:00.123456789Z")
    }

    @Test("features name what this runtime can do") func features() throws {
        let document = try #require(Features.document(seccomp: nil).object)
        #expect(document["hooks"]?.array?.count == 6)
        let linux = try #require(document["linux"]?.object)
        #expect(linux["seccomp"]?.object?["enabled"]?.bool == false)
        #expect(linux["capabilities"]?.array?.contains(.string("CAP_CHECKPOINT_RESTORE")) == true)
        #expect(document["mountOptions"]?.array?.contains(.string("rro")) == true)
    }
}
