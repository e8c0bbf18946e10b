import Glibc
import TestSupport
import Testing

/// Going to a container's terminal, leaving it, and coming back.
@Suite(.needsKernel, .needsPrograms("setsid")) struct AttachTests {
    private static let session = ["/usr/bin/setsid", "--ctty", "--wait"]

    @Test("the keys that leave a container leave it running; attach gives its terminal back, in the size of the window")
    func detach() throws {
        try RunningHost.with { host in
            let terminal = try PseudoTerminal()
            let modes = terminal.modes
            let running = try host.start("run", "--name", "w", "-it", "--network", "none", "sh", at: terminal)
            try terminal.wait(for: "# ")
            try terminal.type("\u{10}\u{11}")
            #expect(try running.finish().ending == .exited(0))
            #expect(terminal.modes == modes)
            #expect(try host.hawser("ps").text.contains("Up "))

            let again = try PseudoTerminal()
            try again.resize(rows: 30, columns: 100)
            let attached = try host.start("attach", "--detach-keys", "ctrl-a,x", "w", at: again)
            try again.type("echo $((6 * 7)); stty size\r")
            try again.wait(for: "42\r\n30 100\r\n")
            try again.resize(rows: 31, columns: 101)
            // The key that begins them is the command's once another one follows: Ctrl-A, y is no way out.
            try again.type("echo a\u{1}y\u{5}b; stty size\r")
            try again.wait(for: "31 101\r\n")
            try again.type("\u{1}x")
            #expect(try attached.finish().ending == .exited(0))

            let last = try PseudoTerminal()
            let ending = try host.start("attach", "w", at: last)
            try last.type("exit 9\r")
            #expect(try ending.finish().ending == .exited(9))
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("a terminal that nobody sees is there for whoever comes; who may not type sees only")
    func unseen() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-dit", "--name", "w", "--network", "none", "sh")
            let viewer = try host.command(["attach", "--no-stdin", "w"]).start()
            let terminal = try PseudoTerminal()
            let typist = try host.start("attach", "w", at: terminal)
            // Again and again: nobody says from when on the viewer looks.
            try host.wait(for: "the viewer") {
                try terminal.type("echo seen by $((1 + 1))\r")
                try terminal.wait(for: "seen by 2")
                return try viewer.outputSoFar().contains("seen by 2")
            }
            try terminal.type("exit 3\r")
            #expect(try typist.finish().ending == .exited(3))
            #expect(try viewer.finish().ending == .exited(3))
            #expect(try host.hawser("logs", "w").text.contains("seen by 2"))
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("input goes on to a command that reads, ends with its foreground's, and stays open for one that is detached")
    func input() throws {
        try RunningHost.with { host in
            var command = host.command(["run", "-i", "--rm", "--network", "none", "sh", "-c", "wc -c"])
            command.input = [UInt8](repeating: 120, count: 3_000_000)
            #expect(try command.run().text == "3000000\n")
            var idle = host.command(["run", "-i", "--rm", "--network", "none", "true"])
            idle.input = [UInt8](repeating: 120, count: 3_000_000)
            #expect(try idle.run().ending == .exited(0), "who reads nothing is not waited for")

            _ = try host.hawser(
                "run", "-di", "--name", "w", "--network", "none", "sh", "-c", "read a; read b; echo $a $b")
            for word in ["one", "two"] {
                var attach = host.command(["attach", "w"])
                attach.input = Array("\(word)\n".utf8)
                let attached = try attach.start()
                if word == "two" {
                    #expect(try attached.finish().text == "one two\n")
                } else {
                    // It has no more to say, but looks on.
                    try host.wait(for: "the first word") { try host.connections() == 1 }
                    try host.signal("KILL", "attach")
                    _ = try attached.finish()
                }
            }
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("a command of exec is left by its keys, goes on, and is reaped when it ends")
    func exec() throws {
        try RunningHost.with { host in
            try host.host.shell("mkdir -p /run/data")
            _ = try host.hawser(
                "run", "-d", "--name", "w", "--network", "none", "-v", "/run/data:/data", "sleep", "60")
            let script = "echo ready; while [ ! -e /data/go ]; do echo tick; sleep 0.02; done; touch /data/done"
            for isKilled in [false, true] {
                try host.host.shell("rm -f /run/data/*")
                let terminal = try PseudoTerminal()
                let options = isKilled ? [] : ["-it"]
                let running = try host.command(
                    ["exec"] + options + ["w", "sh", "-c", script], startedBy: Self.session
                ).start(on: terminal)
                try terminal.wait(for: "tick")
                if isKilled { try host.signal("KILL", "exec") } else { try terminal.type("\u{10}\u{11}") }
                let ending = try running.finish().ending
                #expect(isKilled || ending == .exited(0))
                try host.host.shell("touch /run/data/go")
                try host.wait(for: "the end of the command") { host.host.list("/run/data").contains("done") }
                try host.wait(for: "its reaping") {
                    try host.host.shell("grep -ls '^State:.Z' /proc/[0-9]*/status | wc -l") == "0\n"
                }
            }
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("a shim that is killed takes its container along; it can be removed or started again")
    func killedShim() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "w", "sh", "-c", "touch /usr/kept; ls /usr/kept; exec sleep 60")
            try host.wait(for: "the command") { try host.logLines("w").count == 1 }
            let attached = try host.command(["attach", "--no-stdin", "w"]).start()
            try host.wait(for: "the connection") { try host.connections() == 1 }
            let first = try #require(try host.inspect("w", "state", "pid").integer)
            try host.host.shell("pkill -KILL -x hawser-shim")
            #expect(try attached.finish().ending == .exited(125))
            try host.wait(for: "the container's end") { host.host.list("/proc/\(first)").isEmpty }
            #expect(try host.inspect("w", "state", "status") == .string("dead"))
            #expect(try host.hawser("wait", "w", expecting: 1).errorText.contains("its shim was killed"))
            _ = try host.hawser("start", "w")
            try host.wait(for: "the command") { try host.logLines("w") == ["/usr/kept", "/usr/kept"] }
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }
}
