import Glibc
import TestSupport
import Testing

/// Containers that outlive who started them, are gone back to, end and are started again.
@Suite(.needsKernel) struct LifeTests {
    @Test("a container whose foreground was killed goes on; attach shows what comes then, and its end")
    func killedForeground() throws {
        try RunningHost.with { host in
            try host.host.shell("mkdir -p /run/data && mkfifo /run/data/gate")
            let script = """
                echo one; while [ ! -e /data/go ]; do echo tick; sleep 0.02; done; read x </data/gate; echo two; exit 6
                """
            let running = try host.command(
                ["run", "--name", "w", "--network", "none", "-v", "/run/data:/data", "sh", "-c", script]
            ).start()
            try host.wait(for: "the command") { try running.outputSoFar().hasPrefix("one\n") }
            try host.signal("KILL", "run")
            _ = try running.finish()
            #expect(try host.hawser("ps").text.contains("Up "))
            let attached = try host.command(["attach", "--no-stdin", "w"]).start()
            try host.wait(for: "its output") { try attached.outputSoFar().hasPrefix("tick\n") }
            try host.host.shell("touch /run/data/go; echo >/run/data/gate")
            let finished = try attached.finish()
            #expect(finished.ending == .exited(6) && finished.text.hasSuffix("tick\ntwo\n"), "\(finished)")
            #expect(try host.hawser("logs", "w").text.hasPrefix("one\ntick\n"))
            try host.wait(for: "its release") { host.host.list("/run/hawser/containers").isEmpty }
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("on-failure starts a command again so often, later each time, in its namespace and with what it wrote")
    func onFailure() throws {
        try RunningHost.with { host in
            let script = "readlink /proc/self/ns/net; echo x >>/usr/seen; wc -l </usr/seen; exit 3"
            _ = try host.hawser(
                "run", "-d", "--name", "w", "--network", "none", "--restart", "on-failure:3", "sh", "-c", script)
            #expect(try host.hawser("wait", "w").text == "3\n")
            let lines = try host.hawser("logs", "w").text.split(separator: "\n")
            try #require(lines.count == 8, "\(lines)")
            let namespaces = Set([lines[0], lines[2], lines[4], lines[6]])
            #expect(namespaces.count == 1, "\(lines)")
            #expect([lines[1], lines[3], lines[5], lines[7]] == ["1", "2", "3", "4"])
            let times = try host.hawser("logs", "-t", "w").text.split(separator: "\n").map { String($0.prefix(23)) }
            #expect(times[0] < times[2] && times[2] < times[4] && times[4] < times[6])
            #expect(try host.inspect("w", "state", "restartCount") == .integer(3))
            #expect(try host.inspect("w", "state", "exitCode") == .integer(3))
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("always starts again until someone stops it, also between two starts; a person starts it again")
    func always() throws {
        try RunningHost.with { host in
            for verb in ["stop", "kill"] {
                _ = try host.hawser("run", "-d", "--name", "w", "--network", "none", "--restart", "always", "false")
                try host.wait(for: "a restart") { try host.inspect("w", "state", "restartCount").integer ?? 0 >= 2 }
                try host.wait(for: "a pause") { try host.hawser("ps").text.contains("Restarting (1)") }
                _ = try host.hawser(verb, "w")
                try host.wait(for: "the end") { try host.inspect("w", "state", "status") == .string("exited") }
                #expect(try host.inspect("w", "state", "stopped") == .bool(true))
                _ = try host.hawser("start", "w")
                try host.wait(for: "a restart") { try host.inspect("w", "state", "restartCount").integer ?? 0 >= 1 }
                _ = try host.hawser("rm", "-f", "w")
            }
            _ = try host.hawser("run", "--rm", "--restart", "always", "true", expecting: 125)
            _ = try host.hawser("run", "--restart", "sometimes", "true", expecting: 125)
            try host.expectNothingLeft()
        }
    }

    @Test("restart keeps layer and network of one that runs; start brings one back that has ended, or was created")
    func restart() throws {
        try RunningHost.with { host in
            let script = "echo x >>/usr/seen; wc -l </usr/seen; cat /sys/class/net/eth0/address; exec sleep 60"
            let id = try host.hawser("create", "--name", "w", "sh", "-c", script).text
            #expect(id.count == 33)
            #expect(try host.hawser("ps", "-a").text.contains("Created"))
            #expect(try host.hawser("ps", "-q").text.isEmpty)
            _ = try host.hawser("start", "w")
            try host.wait(for: "the command") { try host.logLines("w").count == 2 }
            _ = try host.hawser("restart", "-t", "0", "w")
            try host.wait(for: "the command") { try host.logLines("w").count == 4 }
            _ = try host.hawser("stop", "-t", "0", "w")
            _ = try host.hawser("restart", "w")
            try host.wait(for: "the command") { try host.logLines("w").count == 6 }
            let lines = try host.logLines("w")
            try #require(lines.count == 6, "\(lines)")
            #expect(lines[0] == "1" && lines[2] == "2" && lines[4] == "3" && lines[1] == lines[3], "\(lines)")
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("after a boot those are started whose policy says so, and not those that someone stopped")
    func boot() throws {
        try RunningHost.with { host in
            let policies = ["no", "on-failure", "unless-stopped", "always"]
            for policy in policies {
                let line = ["run", "-d", "--name", policy, "--network", "none", "--restart", policy, "sleep", "60"]
                _ = try host.command(line).run().orThrow()
            }
            try host.host.shell("pkill -KILL -x hawser-shim")
            try host.wait(for: "their end") {
                try host.hawser("ps", "-aq", "--filter", "status=dead").text.split(separator: "\n").count == 4
            }
            #expect(try host.hawser("start", "--boot").text == "always\nunless-stopped\non-failure\n")
            for policy in policies.dropFirst() { _ = try host.hawser("stop", "-t", "0", policy) }
            #expect(try host.hawser("start", "--boot").text == "always\n")
            _ = try host.hawser("start", expecting: 125)
            for policy in policies { _ = try host.hawser("rm", "-f", policy) }
            try host.expectNothingLeft()
        }
    }

    @Test("wait answers for one that has ended, and for one that ends and is removed meanwhile")
    func wait() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "--name", "a", "--network", "none", "sh", "-c", "exit 9", expecting: 9)
            try host.host.shell("mkdir -p /run/data && mkfifo /run/data/gate")
            _ = try host.hawser(
                "run", "-d", "--rm", "--name", "b", "--network", "none", "-v", "/run/data:/data", "sh", "-c",
                "read x </data/gate; exit 5")
            let waiting = try host.command(["wait", "a", "b"]).start()
            try host.wait(for: "the connection") { try host.connections() == 1 }
            try host.host.shell("echo >/run/data/gate")
            #expect(try waiting.finish().orThrow().text == "9\n5\n")
            _ = try host.hawser("rm", "a")
            try host.wait(for: "the removal") { host.host.list("/var/lib/hawser/containers").isEmpty }
            try host.expectNothingLeft()
        }
    }

    @Test(
        "100 MB of output neither block a container nor grow its shim, with nobody there or someone who is stuck",
        .enabled(if: RunningHost.shippedShim != nil, "scripts/build plugins makes the shim that ships"))
    func output() throws {
        try RunningHost.with(shim: RunningHost.shippedShim) { host in
            try host.host.shell("mkdir -p /run/data")
            let script = """
                while [ ! -e /data/go ]; do echo tick; sleep 0.02; done
                head -c 100000000 /dev/zero | tr '\\0' x | fold -w 99; exec sleep 60
                """
            for isWatched in [false, true] {
                _ = try host.hawser(
                    "run", "-d", "--name", "w", "--network", "none", "-v", "/run/data:/data", "--log-driver", "raw",
                    "--log-max-size", "1m", "sh", "-c", script)
                let shim = try #require(try host.inspect("w", "state", "shimPid").integer)
                let memory = "awk '/^VmHWM/ { print $2 }' /proc/\(shim)/status"
                let before = try #require(Int(try host.host.shell(memory).dropLast()))
                let stuck = isWatched ? try host.command(["attach", "--no-stdin", "w"]).start() : nil
                if let stuck {
                    try host.wait(for: "its output") { try stuck.outputSoFar().hasPrefix("tick\n") }
                    try host.signal("STOP", "attach")
                }
                try host.host.shell("touch /run/data/go")
                try host.wait(for: "the end of the output") {
                    try host.hawser("exec", "w", "cat", "/proc/2/comm").text == "sleep\n"
                }
                try host.host.shell("rm /run/data/go")
                let after = try #require(Int(try host.host.shell(memory).dropLast()))
                #expect(after - before < 512, "\(before) KB before, \(after) KB after")
                if let stuck {
                    try host.signal("KILL", "attach")
                    _ = try stuck.finish()
                }
                _ = try host.hawser("rm", "-f", "w")
            }
            try host.expectNothingLeft()
        }
    }

    @Test(
        "shim and init together take at most 5 MB of memory, at a terminal and without one",
        .enabled(if: RunningHost.shippedShim != nil, "scripts/build plugins makes the shim that ships"))
    func memory() throws {
        try RunningHost.with(shim: RunningHost.shippedShim) { host in
            for options in [[], ["-t"], ["-i", "--restart", "always"]] {
                let line = ["run", "-d", "--name", "w", "--network", "none"] + options + ["sleep", "60"]
                _ = try host.command(line).run().orThrow()
                let processes = try ["shimPid", "pid"].map { key in
                    try #require(try host.inspect("w", "state", key).integer)
                }
                let resident = try processes.map { process in
                    let text = try host.host.shell("awk '/^Rss:/ { print $2 }' /proc/\(process)/smaps_rollup")
                    return try #require(Int(text.dropLast()))
                }
                #expect(resident.reduce(0, +) <= 5000, "\(resident) KB")
                _ = try host.hawser("rm", "-f", "w")
            }
        }
    }
}
