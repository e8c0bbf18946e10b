import CLinux
import Foundation
import LinuxSystem
import Testing

/// Kernel tests run as root, each in a network namespace of its own; elsewhere they are skipped, visibly.
let kernelTestsAreEnabled = geteuid() == 0 || ProcessInfo.processInfo.environment["REQUIRE_KERNEL_TESTS"] == "1"

/// Runs `body` on a thread that makes a network namespace for itself and then ends; the namespace ends with it.
func inPrivateNamespace<R: Sendable>(_ body: @escaping @Sendable () throws -> R) throws -> R {
    let outcome = Outcome<R>()
    let thread = Thread {
        outcome.set(
            Result {
                guard unshare(CLONE_NEWNET) == 0 else {
                    throw SystemError("unshare", "CLONE_NEWNET", Errno(rawValue: clinux_errno()))
                }
                return try body()
            })
    }
    thread.start()
    return try outcome.wait().get()
}

/// What a thread leaves behind for the one that waits for it.
private final class Outcome<R: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    // Guarded by `condition`.
    private var result: Result<R, any Error>?

    func set(_ result: Result<R, any Error>) {
        condition.lock()
        self.result = result
        condition.signal()
        condition.unlock()
    }

    func wait() -> Result<R, any Error> {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return result }
            condition.wait()
        }
    }
}

/// Runs a witness, as `nft list ruleset`, in the calling thread's namespace, and answers what it prints.
func witness(_ command: String, input: String = "") throws -> String {
    let outcome = try Subprocess.run(
        "/bin/sh", arguments: ["sh", "-c", "exec 2>&1; PATH=$PATH:/usr/sbin:/sbin; \(command)"],
        environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"], input: Array(input.utf8), outputLimit: 16 << 20,
        milliseconds: 60_000)
    let text = String(decoding: outcome.output, as: UTF8.self)
    guard outcome.status == .exited(0) else { throw WitnessFailure(command: command, output: text) }
    return text
}

/// A witness that did not end with status 0.
struct WitnessFailure: Error {
    let command: String
    let output: String
}

/// Compares `text` with the file `Goldens/<name>`; `UPDATE_GOLDENS=1` rewrites the file instead.
func expectGolden(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
        try Data(text.utf8).write(to: file)
        return
    }
    let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == golden, "Goldens/\(name) differs; UPDATE_GOLDENS=1 rewrites it", sourceLocation: sourceLocation)
}
