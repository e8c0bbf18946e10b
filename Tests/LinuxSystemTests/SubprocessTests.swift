import Foundation
import LinuxSystem
import Synchronization
import Testing

@Suite("Subprocess")
struct SubprocessTests {
    /// A file for one test: a shell script that says "ran".
    private final class Script {
        let path = NSTemporaryDirectory() + "/hawser-script-\(UUID().uuidString)"

        init() throws {
            try "#!/bin/sh\necho ran\n".write(toFile: path, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func run() throws(SystemError) -> String {
            let outcome = try Subprocess.run(
                path, arguments: [path], environment: ["PATH=/usr/bin:/bin"], input: [], outputLimit: 100,
                milliseconds: 60_000)
            return String(decoding: outcome.output, as: UTF8.self)
        }
    }

    @Test("a program that another thread is writing is executed once that is done, though children inherit descriptors")
    func beingWritten() throws {
        let script = try Script()
        let writer = try #require(FileHandle(forUpdatingAtPath: script.path))
        let closed = DispatchSemaphore(value: 0)
        // A queue of its own has a thread of its own: the shared ones are busy with the other tests.
        DispatchQueue(label: "writer").asyncAfter(deadline: .now() + .milliseconds(150)) {
            try? writer.close()
            closed.signal()
        }
        #expect(try script.run() == "ran\n")
        closed.wait()
    }

    @Test("a program that stays open for writing is given up after a second, and the error says why")
    func staysOpen() throws {
        let script = try Script()
        let writer = try #require(FileHandle(forUpdatingAtPath: script.path))
        defer { try? writer.close() }
        let start = ContinuousClock.now
        let error = try #require(throws: SystemError.self) { _ = try script.run() }
        let taken = ContinuousClock.now - start
        #expect(error.errno == .textFileBusy)
        #expect(error.description.hasSuffix("(ETXTBSY): somebody has had it open for writing for a second"))
        #expect(taken >= .seconds(1))
        // Up to the last pause later, and whatever a loaded machine adds.
        #expect(taken < .seconds(20))
    }

    @Test("scripts that many threads write and execute at the same time all run")
    func manyThreads() throws {
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 200) { _ in
            do {
                let answer = try Script().run()
                if answer != "ran\n" { failures.withLock { $0.append("answered \(answer)") } }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }
}
