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

    @Test(
        "a log is kept in files of a size and number; logs reads them as one, the last lines of it, or those of a time")
    func rotation() throws {
        try RunningHost.with { host in
            for driver in ["lines", "json-file", "raw"] {
                let options = ["--log-driver", driver, "--log-max-size", "4k", "--log-max-files", "3"]
                let script = "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line $i; done; printf end"
                let line = ["run", "--name", "w", "--network", "none"] + options + ["sh", "-c", script]
                #expect(try host.command(line).run().orThrow().text.hasSuffix("line 600\nend"))
                let sizes = try host.host.shell(
                    "stat -c '%n %s' /var/lib/hawser/containers/*/output.log* | sed 's,.*/,,'")
                let files = sizes.split(separator: "\n").map { $0.split(separator: " ") }
                #expect(
                    files.map { String($0[0]) }
                        == (driver == "raw" ? ["", ".1"] : ["", ".1", ".2"]).map { "output.log\($0)" })
                let tooLarge = files.filter { (Int($0[1]) ?? 0) > 4096 }
                #expect(tooLarge.isEmpty, "\(sizes)")
                let all = try host.hawser("logs", "w").text
                #expect(all.hasSuffix("line 599\nline 600\nend"))
                if driver == "raw" { #expect(all.hasPrefix("line 1\nline 2\n")) }
                #expect(try host.hawser("logs", "--tail", "3", "w").text == "line 599\nline 600\nend")
                #expect(try host.hawser("logs", "-n", "0", "w").text.isEmpty)
                if driver == "raw" {
                    #expect(try host.hawser("logs", "-t", "w", expecting: 1).errorText.contains("--log-driver raw"))
                } else {
                    let stamped = try host.hawser("logs", "-t", "--tail", "200", "w").text.split(separator: "\n")
                    let middle = String(stamped[100].prefix { $0 != " " })
                    let later = try host.hawser("logs", "-t", "--since", middle, "w").text.split(separator: "\n")
                    let missing = stamped[100...].filter { !later.contains($0) }
                    let early = later.filter { $0 < middle }
                    #expect(missing.isEmpty && early.isEmpty, "\(missing) \(early)")
                    let earlier = try host.hawser("logs", "-t", "--until", middle, "w").text.split(separator: "\n")
                    let late = earlier.filter { $0.prefix(30) > middle }
                    #expect(late.isEmpty && !earlier.isEmpty, "\(late)")
                    #expect(try host.hawser("logs", "--since", "1h", "w").text == all)
                    #expect(try host.hawser("logs", "--until", "1h", "w").text.isEmpty)
                }
                _ = try host.hawser("rm", "w")
            }
            _ = try host.hawser("run", "--name", "w", "--network", "none", "--log-driver", "none", "echo", "x")
            #expect(try host.hawser("logs", "w", expecting: 1).errorText.contains("--log-driver none"))
            for wrong in [
                ["--log-max-size", "x"], ["--log-max-files", "2"], ["--log-driver", "syslog"], ["--log-opt", "a=b"],
            ] {
                #expect(try host.command(["run"] + wrong + ["true"]).run().ending == .exited(125), "\(wrong)")
            }
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("logs --follow goes on into the next file, and over a restart")
    func followingRotation() throws {
        try RunningHost.with { host in
            try host.host.shell("mkdir -p /run/data && mkfifo /run/data/gate")
            let script = """
                i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; echo full; read x </data/gate; exit 1
                """
            _ = try host.hawser(
                "run", "-d", "--name", "w", "--network", "none", "-v", "/run/data:/data", "--restart", "on-failure:1",
                "--log-max-size", "16k", "--log-max-files", "9", "sh", "-c", script)
            let following = try host.command(["logs", "-f", "w"]).start()
            for _ in 0..<2 {
                try host.wait(for: "the lines") { try following.outputSoFar().hasSuffix("full\n") }
                try host.host.shell("echo >/run/data/gate")
            }
            let lines = (1...300).map { "line \($0)\n" }.joined() + "full\n"
            #expect(try following.finish().orThrow().text == lines + lines)
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }
}
