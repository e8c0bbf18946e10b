import Foundation
import JSON
import TestSupport
import Testing

/// Limits for real: each test has a host of its own, and groups that no other test has.
@Suite(.needsKernel) struct LimitTests {
    /// What `hawser stats --json` or `inspect` says of the one container it was asked for.
    private func first(_ finished: Finished) throws -> JSONObject {
        try #require(JSONValue.parse(finished.text).array?.first?.object)
    }

    private func state(_ host: RunningHost, _ name: String) throws -> JSONObject {
        try #require(first(try host.hawser("inspect", name))["state"]?.object)
    }

    @Test("a busy loop is held at ten percent of a processor by a quota", .timeLimit(.minutes(2)))
    func quota() throws {
        try RunningHost.with { host in
            let loop = ["sh", "-c", "while :; do :; done"]
            try host.command(
                ["run", "-d", "--network", "none", "--name", "loop", "--cpu-period", "50000", "--cpu-quota", "5000"]
                    + loop
            ).run().orThrow()
            func counted() throws -> (used: Int64, periods: Int64, throttled: Int64) {
                let cpu = try #require(first(try host.hawser("stats", "--no-stream", "--json", "loop"))["cpu"]?.object)
                return (
                    try #require(cpu["microseconds"]?.integer), try #require(cpu["periods"]?.integer),
                    try #require(cpu["throttledPeriods"]?.integer)
                )
            }
            let before = try counted()
            let after = try counted()
            let periods = after.periods - before.periods
            // Whatever else the machine does: in each period that began it had its 5 ms at most (and what was left over of
            // the one before), and a loop that wants more was throttled in nearly all.
            #expect(periods >= 5)
            #expect(after.used - before.used <= (periods + 2) * 5000 * 3 / 2, "\(before) \(after)")
            #expect(after.throttled - before.throttled >= periods / 2, "\(before) \(after)")
            _ = try host.hawser("rm", "-f", "loop")
            try host.expectNothingLeft()
        }
    }

    @Test("an allocation beyond the memory limit is killed: 137, and inspect says so", .timeLimit(.minutes(2)))
    func outOfMemory() throws {
        try RunningHost.with { host in
            let eat = "head -c 100m /dev/zero | tail > /dev/null; exit 3"
            let tail = ["--network", "none", "-m", "16m", "--memory-swap", "16m", "tail", "/dev/zero"]
            try #require(host.command(["run", "--name", "eater"] + tail).run().ending == .exited(137))
            let state = try state(host, "eater")
            #expect(state["oomKilled"]?.bool == true && state["exitCode"]?.integer == 137)
            // A process that is not the command: the container goes on, and that is told all the same.
            _ = try host.hawser(
                "run", "--name", "other", "--network", "none", "-m", "16m", "sh", "-c", eat, expecting: 3)
            #expect(try self.state(host, "other")["oomKilled"]?.bool == true)
            _ = try host.hawser("run", "--name", "calm", "--network", "none", "-m", "64m", "true")
            #expect(try self.state(host, "calm")["oomKilled"]?.bool == false)
            _ = try host.hawser("rm", "eater", "other", "calm")
            try host.expectNothingLeft()
        }
    }

    @Test("no more processes begin than the limit says; exec counts")
    func processes() throws {
        try RunningHost.with { host in
            let script = "n=0; while [ $n -lt 30 ]; do sleep 20 & n=$((n+1)); done; echo never"
            let finished = try host.hawser(
                "run", "--name", "p", "--network", "none", "--pids-limit", "10", "sh", "-c", script, expecting: 2)
            #expect(finished.errorText.contains("fork") && !finished.text.contains("never"))
            _ = try host.hawser("rm", "p")
            _ = try host.hawser("run", "-d", "--name", "q", "--network", "none", "--pids-limit", "4", "sleep", "60")
            #expect(
                try host.hawser("exec", "q", "sh", "-c", "sleep 5 & sleep 5 & wait", expecting: 2).errorText.contains(
                    "fork"))
            _ = try host.hawser("rm", "-f", "q")
            try host.expectNothingLeft()
        }
    }

    @Test("a paused container stands still, and says so; unpaused it goes on")
    func pause() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--network", "none", "--name", "web", "sh", "-c", "while :; do :; done")
            func time() throws -> Int64 {
                try #require(
                    first(try host.hawser("stats", "--no-stream", "--json", "web"))["cpu"]?.object?["microseconds"]?
                        .integer)
            }
            _ = try host.hawser("pause", "web")
            #expect(try host.hawser("ps").text.contains("(Paused)"))
            #expect(try state(host, "web")["status"]?.string == "paused")
            #expect(try host.hawser("pause", "web", expecting: 1).errorText.contains("paused already"))
            #expect(try host.hawser("exec", "web", "true", expecting: 1).errorText.contains("unpause it first"))
            let before = try time()
            #expect(try time() == before)
            _ = try host.hawser("unpause", "web")
            #expect(try host.hawser("unpause", "web", expecting: 1).errorText.contains("is not paused"))
            try host.wait(for: "the loop to go on") { try time() > before }
            _ = try host.hawser("pause", "web")
            _ = try host.hawser("stop", "-t", "1", "web")
            #expect(try state(host, "web")["exitCode"]?.integer == 143)
            _ = try host.hawser("rm", "web")
            #expect(try host.hawser("pause", "web", expecting: 1).errorText.contains("no container"))
            try host.expectNothingLeft()
        }
    }

    @Test("limits of a running container change, also those it began without")
    func update() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--network", "none", "--name", "web", "sh", "-c", "sleep 60 & wait")
            _ = try host.hawser(
                "update", "-m", "32m", "--pids-limit", "3", "--cpus", "0.5", "--cpuset-cpus", "0", "web")
            let used = try first(try host.hawser("stats", "--no-stream", "--json", "web"))
            #expect(used["memory"]?.object?["limit"]?.integer == 32 << 20)
            #expect(used["pids"]?.object?["limit"]?.integer == 3)
            // The init, the shell and its sleep were moved.
            #expect(used["pids"]?.object?["current"]?.integer == 3)
            #expect(try host.hawser("exec", "web", "sh", "-c", "sleep 1 & wait", expecting: 125).errorText != "")
            let limits = try #require(first(try host.hawser("inspect", "web"))["limits"]?.object?["resources"])
            #expect(
                limits.text()
                    == #"{"memory":{"limit":33554432},"cpu":{"quota":50000,"period":100000,"cpus":"0"},"pids":{"limit":3}}"#
            )
            _ = try host.hawser("update", "--pids-limit", "-1", "-m", "64m", "web")
            #expect(try host.hawser("exec", "web", "nproc").text == "1\n")
            let lifted = try first(try host.hawser("stats", "--no-stream", "--json", "web"))
            #expect(lifted["memory"]?.object?["limit"]?.integer == 64 << 20)
            #expect(lifted["pids"]?.object?["limit"]?.integer == nil)
            #expect(try host.hawser("update", "web", expecting: 64).errorText.contains("which limit"))
            #expect(try host.hawser("update", "-m", "1m", "web", expecting: 1).errorText.contains("4 MiB"))
            // Memory that a container began without a limit for is counted from then on, and so is its end.
            _ = try host.hawser("exec", "web", "tail", "/dev/zero", expecting: 137)
            _ = try host.hawser("stop", "-t", "0", "web")
            #expect(try state(host, "web")["oomKilled"]?.bool == true)
            _ = try host.hawser("rm", "web")
            try host.expectNothingLeft()
        }
    }

    @Test("limits that change while a container is stopped or paused count when it goes on")
    func updateAtRest() throws {
        try RunningHost.with { host in
            func limit() throws -> Int64? {
                try first(try host.hawser("stats", "--no-stream", "--json", "web"))["pids"]?.object?["limit"]?.integer
            }
            _ = try host.hawser(
                "run", "-d", "--network", "none", "--name", "web", "--pids-limit", "20", "sleep", "60")
            #expect(try limit() == 20)
            _ = try host.hawser("stop", "-t", "0", "web")
            _ = try host.hawser("update", "--pids-limit", "30", "web")
            _ = try host.hawser("start", "web")
            #expect(try limit() == 30)
            _ = try host.hawser("pause", "web")
            _ = try host.hawser("update", "--pids-limit", "40", "--memory", "64m", "web")
            #expect(try limit() == 40)
            _ = try host.hawser("unpause", "web")
            _ = try host.hawser("rm", "-f", "web")
            try host.expectNothingLeft()
        }
    }

    @Test("writes to a disk are slowed to the rate that was asked for", .timeLimit(.minutes(2)))
    func throttle() throws {
        try RunningHost.with { host in
            let disk =
                "/dev/"
                + (try host.host.shell("lsblk -ndo NAME,TYPE | awk '$2 == \"disk\" && $1 !~ /zram/ {print $1; exit}'"))
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let folder = "/tmp/hawser-throttle-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let write = "dd if=/dev/zero of=/data/f bs=64k count=16 oflag=direct 2>&1 | tail -1"
            let start = ContinuousClock.now
            let text = try host.hawser(
                "run", "--rm", "--network", "none", "--device-write-bps", "\(disk):512k", "-v", "\(folder):/data", "sh",
                "-c",
                write
            ).text
            // 1 MiB at 512 KiB a second; the first slice passes at once.
            #expect(text.contains("copied"))
            #expect(ContinuousClock.now - start > .seconds(1), "\(text)")
            try host.expectNothingLeft()
        }
    }

    @Test("the other limits are in the container's groups, and warnings are said")
    func groups() throws {
        try RunningHost.with { host in
            let line = [
                "run", "--rm", "--network", "none", "-m", "64m", "--memory-reservation", "32m", "--memory-swappiness",
                "5",
                "--kernel-memory", "16m", "--oom-kill-disable", "--oom-score-adj", "500", "-c", "512",
                "--cpu-rt-runtime",
                "1000", "--cpu-rt-period", "500000", "--cpuset-mems", "0", "--blkio-weight", "300", "--shm-size", "1m",
                "sh", "-c", "cat /proc/self/cgroup; cat /proc/self/oom_score_adj; df -k /dev/shm | tail -1; sleep 0.1",
            ]
            let finished = try host.command(line).run().orThrow()
            #expect(finished.errorText.contains("--kernel-memory has no effect"))
            #expect(finished.errorText.contains("--blkio-weight: no disk's scheduler is bfq"))
            #expect(finished.text.contains("\n500\n"))
            #expect(finished.text.contains(" 1024 "))
            try host.expectNothingLeft()
        }
    }

    @Test("a wrong limit is refused before anything is made")
    func refused() throws {
        try RunningHost.with { host in
            let refusals = [
                (["--memory", "1m"], "--memory: \"1m\""), (["--cpuset-cpus", "4000"], "--cpuset-cpus: "),
                (["--cpus", "1", "--cpu-quota", "5000"], "--cpu-quota: "),
                (["--device-read-bps", "/dev/null:1m"], "/dev/null"),
            ]
            for (options, text) in refusals {
                let finished = try host.command(["run", "--network", "none"] + options + ["true"]).run()
                #expect(finished.ending == .exited(125) && finished.errorText.contains(text), "\(finished)")
            }
            try host.expectNothingLeft()
        }
    }
}
