import TestSupport
import Testing

/// `hawser logs` of containers that go on writing.
@Suite(.needsKernel) struct LogTests {
    /// Reads what a following reader shows up to a text.
    private static func wait(for text: String, from output: Descriptor) throws -> String {
        let bytes = try output.read(deadline: Deadline(in: .seconds(20))) {
            String(decoding: $0, as: UTF8.self).contains(text)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("logs --follow shows what is written when it is written, and ends with the container")
    func follow() throws {
        try RunningHost.with { host in
            try host.host.shell("mkdir -p /run/data && mkfifo /run/data/first /run/data/second")
            // Each line waits for the test to have seen the one before; a gate that were used twice could be found open
            // from its first time.
            let script = "echo one; read x </data/first; echo two >&2; read x </data/second; printf three; exit 5"
            _ = try host.hawser(
                "run", "-d", "--name", "w", "--network", "none", "-v", "/run/data:/data", "sh", "-c", script)
            let (running, output) = try host.command(["logs", "-f", "w"]).startReading()
            #expect(try Self.wait(for: "one\n", from: output) == "one\n")
            try host.host.shell("echo >/run/data/first")
            try host.wait(for: "what went to standard error") { running.errorSoFar() == "two\n" }
            try host.host.shell("echo >/run/data/second")
            // To the end of the file: the reader has ended by then.
            #expect(try Self.wait(for: "no such text", from: output) == "three")
            #expect(try running.finish().succeeded)
            let again = try host.hawser("logs", "-f", "w")
            #expect(again.text == "one\nthree" && again.errorText == "two\n")
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("logs --follow ends when the container is removed; its reader may go at any time")
    func removal() throws {
        try RunningHost.with { host in
            let script = "while :; do echo x; sleep 0.02; done"
            _ = try host.hawser("run", "-d", "--name", "w", "--network", "none", "sh", "-c", script)
            let line = "\(RunningHost.hawser) logs --follow w | head -n 3"
            #expect(try host.host.shell(line) == "x\nx\nx\n")
            let (running, output) = try host.command(["logs", "-f", "w"]).startReading()
            _ = try Self.wait(for: "x\n", from: output)
            _ = try host.hawser("rm", "-f", "w")
            #expect(try running.finish().succeeded)
            try host.expectNothingLeft()
        }
    }
}
