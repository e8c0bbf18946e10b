import TestSupport
import Testing

/// Containers for real: each test has a host of its own.
@Suite(.needsKernel) struct RunTests {
    @Test("the exit status is the command's, or docker's 125, 126 and 127")
    func exitCodes() throws {
        try RunningHost.with { host in
            let cases: [([String], Int32)] = [
                (["true"], 0), (["false"], 1), (["sh", "-c", "exit 7"], 7), (["no-such-program"], 127),
                (["/etc/passwd"], 126), (["sh", "-c", "kill -9 $$"], 137), (["sh", "-c", "kill $$"], 143),
            ]
            for (command, status) in cases {
                let finished = try host.command(["run", "--rm", "--network", "none"] + command).run()
                #expect(finished.ending == .exited(status), "\(command): \(finished)")
            }
            _ = try host.hawser("run", "--rm", "--network", "no-such-network", "true", expecting: 125)
            _ = try host.hawser("run", "--rm", "--network", "none", "-v", "/no-such:/x", "true", expecting: 125)
            _ = try host.hawser("run", "--rm", "--no-such-option", "true", expecting: 125)
            try host.expectNothingLeft()
        }
    }

    @Test("environment, working directory, user, host name, input and volumes are what was asked for")
    func surroundings() throws {
        try RunningHost.with { host in
            try host.host.write("from the host\n", to: "/run/data/file")
            let script = "echo $A:$(pwd):$(id -u):$(id -g):$(hostname):$HOME; cat /data/file; cat; echo 2 > /data/file"
            var command = host.command([
                "run", "--rm", "-i", "--network", "none", "--name", "box", "-e", "A=x y", "-w", "/tmp", "-u", "7:9",
                "-v", "/run/data:/data:ro", "sh", "-c", script,
            ])
            command.input = Array("typed\n".utf8)
            let finished = try command.run()
            let home = try host.host.shell("getent passwd 7 | cut -d: -f6").split(separator: "\n").first ?? "/"
            #expect(finished.text == "x y:/tmp:7:9:box:\(home)\nfrom the host\ntyped\n")
            #expect(finished.errorText.contains("Read-only file system"))
            #expect(host.host.read("/run/data/file") == "from the host\n")
            try host.expectNothingLeft()
        }
    }

    @Test("what only root may read on the host does not open for the container's root")
    func hostSecrets() throws {
        try RunningHost.with { host in
            let list = "find /usr /opt /etc -xdev -type f ! -perm -004 2>/dev/null | sort"
            let secrets = try host.host.shell(list).split(separator: "\n").map(String.init)
            let shadow = secrets.filter { $0.hasSuffix("/shadow") }
            #expect(!shadow.isEmpty)
            // By name, because a directory may hide them from a walk inside; then by a walk, for what is inside only.
            var command = host.command([
                "run", "--rm", "-i", "--network", "none", "sh", "-c",
                "id -u; n=0; while read -r f; do n=$((n+1)); cat \"$f\" >/dev/null 2>&1 && echo \"opens: $f\"; done; echo $n; "
                    + list + " | while read -r f; do cat \"$f\" >/dev/null 2>&1 && echo \"opens: $f\"; done",
            ])
            command.input = Array((secrets.joined(separator: "\n") + "\n").utf8)
            let finished = try command.run()
            #expect(finished.text == "0\n\(secrets.count)\n", "\(finished)")
        }
    }

    @Test("the rest of the host is not there, and nothing written inside reaches it")
    func isolation() throws {
        try RunningHost.with { host in
            let script = """
                find /srv /home /root /mnt /media /tmp /run /var -mindepth 1 | sort
                touch /usr/bin/added && echo added > /usr/bin/env && cat /usr/bin/env
                for p in /proc/1/exe /proc/1/environ /proc/kcore; do head -c1 $p 2>/dev/null; done
                mknod /tmp/disk b 254 0 2>/dev/null && head -c1 /tmp/disk; mount -t tmpfs x /mnt 2>/dev/null && echo mounted
                echo 1 2>/dev/null > /proc/sys/kernel/hostname && echo written
                grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls /proc/self/fd | wc -l; tr -d '\\0' < /proc/1/cmdline
                """
            let text = try host.hawser("run", "--rm", "--network", "none", "sh", "-c", script).text
            let expected = "/var/run\n/var/tmp\nadded\nCapEff:\t00000000a80425fb\nNoNewPrivs:\t1\n4\nhawser-init"
            #expect(text == expected, "\(text)")
            #expect(try host.host.shell("ls /usr/bin/added 2>/dev/null || true") == "")
            #expect(try host.host.shell("/usr/bin/env echo unchanged") == "unchanged\n")
        }
    }

    @Test("a detached container is listed, entered, read and stopped, and its orphans are reaped")
    func detachedLife() throws {
        try RunningHost.with { host in
            let script = "echo out; echo err >&2; trap 'echo bye; exit 5' TERM; while :; do sleep 0.05; done"
            let id = try host.hawser("run", "-d", "--network", "none", "--name", "web", "sh", "-c", script).text
            #expect(id.count == 33)
            let row = try host.hawser("ps").text
            #expect(row.contains("web") && row.contains("Up "))
            _ = try host.hawser("run", "--rm", "--network", "none", "--name", "web", "true", expecting: 125)
            #expect(
                try host.hawser("exec", "-e", "B=2", "web", "sh", "-c", "echo $B; exit 4", expecting: 4).text == "2\n")
            _ = try host.hawser("exec", "web", "no-such-program", expecting: 127)
            _ = try host.hawser("exec", "-d", "web", "sh", "-c", "(sleep 0.01 &) ; sleep 0.01")
            // At one moment there must be none: the loop's own sleep may be one for an instant.
            let zombies = """
                n=0; while grep -qs '^State:.Z' /proc/[0-9]*/status; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.02; done
                """
            _ = try host.hawser("exec", "web", "sh", "-c", zombies)
            #expect(try host.hawser("rm", "web", expecting: 1).errorText.contains("is running"))
            _ = try host.hawser("stop", "web")
            let logs = try host.hawser("logs", "web")
            #expect(logs.text == "out\nbye\n" && logs.errorText == "err\n")
            #expect(try host.hawser("ps", "-a").text.contains("Exited (5)"))
            #expect(try host.hawser("exec", "web", "true", expecting: 1).errorText.contains("not running"))
            #expect(try host.hawser("rm", "wed", expecting: 1).errorText.contains("did you mean web"))
            _ = try host.hawser("rm", "web")
            try host.expectNothingLeft()
        }
    }

    @Test("containers that have just ended, or end while they are removed, are removed as a whole")
    func removal() throws {
        try RunningHost.with { host in
            for command in [["true"], ["sleep", "60"]] {
                for _ in 0..<20 {
                    try host.command(["run", "-d", "--name", "x", "--network", "none"] + command).run().orThrow()
                    _ = try host.hawser("rm", "-f", "x")
                }
            }
            try host.expectNothingLeft()
        }
    }

    @Test("a container that made a tree deeper than any path leaves nothing")
    func deepTree() throws {
        try RunningHost.with { host in
            let script = "import os\nos.chdir('/tmp')\nfor i in range(1500): os.mkdir('d'); os.chdir('d')"
            _ = try host.hawser("run", "--rm", "--network", "none", "/usr/bin/python3", "-c", script)
            try host.expectNothingLeft()
        }
    }

    @Test("a container that ignores SIGTERM is killed; one that is removed by force too")
    func stubborn() throws {
        try RunningHost.with { host in
            let script = "trap '' TERM; while :; do sleep 1; done"
            for name in ["a", "b"] {
                _ = try host.hawser("run", "-d", "--rm", "--network", "none", "--name", name, "sh", "-c", script)
            }
            _ = try host.hawser("stop", "-t", "0", "a")
            _ = try host.hawser("rm", "-f", "b")
            try host.expectNothingLeft()
        }
    }

    @Test("the network namespace is new, the host's, or another container's")
    func networkModes() throws {
        try RunningHost.with { host in
            let links = ["sh", "-c", "ls /sys/class/net"]
            func run(_ network: String) throws -> String {
                try host.command(["run", "--rm", "--network", network] + links).run().orThrow().text
            }
            #expect(try run("none") == "lo\n")
            #expect(try run("host").contains("uplink\n"))
            _ = try host.hawser("run", "-d", "--network", "none", "--name", "x", "sleep", "60")
            let own = ["readlink", "/proc/self/ns/net"]
            let first = try host.command(["exec", "x"] + own).run().orThrow().text
            #expect(try host.command(["run", "--rm", "--network", "container:x"] + own).run().orThrow().text == first)
            _ = try host.hawser("run", "--rm", "--network", "none", "-p", "1:1", "true", expecting: 125)
            _ = try host.hawser("rm", "-f", "x")
            try host.expectNothingLeft()
        }
    }

    @Test("fifty containers leave no mount, namespace, group or file", .timeLimit(.minutes(3)))
    func fifty() throws {
        try RunningHost.with { host in
            let count = "cat /proc/self/mountinfo | wc -l"
            let before = try host.host.shell(count)
            for _ in 0..<50 { _ = try host.hawser("run", "--rm", "--network", "none", "true") }
            #expect(try host.host.shell(count) == before)
            try host.expectNothingLeft()
            #expect(try host.host.shell("ps ax | grep -c '[h]awser-shim' || true") == "0\n")
        }
    }

    @Test("when runner or shim are killed, rm --force clears what they left")
    func killed() throws {
        try RunningHost.with { host in
            for victim in ["hawser-shim", "hawser"] {
                let line = ["run", "--name", "v", "--network", "none", "sh", "-c", "echo up; sleep 60"]
                let running = try host.command(line).start()
                // Its own word: ps lists it from the moment its processes are there, when it may still be undone.
                try host.wait(for: "the command to run") { try running.outputSoFar() == "up\n" }
                try host.host.shell("pkill -KILL -x \(victim)")
                _ = try running.finish()
                if victim == "hawser" { _ = try host.hawser("exec", "v", "true") }
                _ = try host.hawser("rm", "-f", "v")
                try host.expectNothingLeft()
            }
        }
    }
}
