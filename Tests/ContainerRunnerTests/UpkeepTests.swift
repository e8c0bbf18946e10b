import TestSupport
import Testing

/// The verbs that look after containers: ps, rename, port, top, cp, prune, logs.
@Suite(.needsKernel) struct UpkeepTests {
    @Test("ps chooses by filters, counts and states, and prints by templates")
    func list() throws {
        try RunningHost.with { host in
            _ = try host.hawser(
                "run", "-d", "--name", "web", "--network", "none", "-l", "tier=front", "-l", "x", "sleep", "60")
            _ = try host.hawser("run", "--name", "job", "--network", "none", "sh", "-c", "exit 4", expecting: 4)
            _ = try host.hawser("create", "--name", "later", "--network", "host", "--label", "tier=back", "true")
            let cases: [([String], String)] = [
                ([], "web"), (["-a"], "later job web"), (["-l"], "later"), (["-n", "2"], "later job"),
                (["--filter", "status=exited"], "job"),
                (["-f", "status=created", "-f", "status=running"], "later web"),
                (["-a", "-f", "label=tier"], "later web"), (["-a", "-f", "label=tier=back"], "later"),
                (["-a", "-f", "label=tier", "-f", "label=x"], "web"), (["-a", "-f", "exited=4"], "job"),
                (["-a", "-f", "network=host"], "later"), (["-a", "-f", "name=o"], "job"),
                (["-a", "-f", "before=later"], "job web"), (["-a", "-f", "since=web"], "later job"),
                (["-a", "-f", "name=web", "-f", "name=job"], "job web"), (["-a", "-f", "ancestor=x"], ""),
            ]
            for (options, names) in cases {
                let line = ["ps", "--format", "{{.Names}}"] + options
                let text = try host.command(line).run().orThrow().text
                #expect(text.split(separator: "\n").joined(separator: " ") == names, "\(options)")
            }
            let template = "table {{.Names}}\\t{{.State}}\\t{{.Label \"tier\"}}"
            #expect(try host.hawser("ps", "--format", template).text == "NAMES  STATE    tier\nweb    running  front\n")
            let row = try Document(parsing: try host.hawser("ps", "--format", "json").text)
            #expect(row["Names"] == .string("web") && row["Labels"] == .string("tier=front,x="))
            let whole = try host.hawser("ps", "-q", "--no-trunc").text
            #expect(whole.count == 33)
            for wrong in [["-f", "name"], ["-f", "status=up"], ["-f", "colour=red"], ["--format", "{{.Nme}}"]] {
                #expect(try host.command(["ps"] + wrong).run().ending == .exited(125), "\(wrong)")
            }
            _ = try host.hawser("rm", "-f", "web", "job", "later")
            try host.expectNothingLeft()
        }
    }

    @Test("a container is renamed, its ports are told, its processes listed")
    func small() throws {
        try RunningHost.with { host in
            _ = try host.hawser(
                "run", "-d", "--name", "x", "-p", "8080-8081:80-81", "-p", "127.0.0.1:53:53/udp", "sh", "-c",
                "sleep 61 & exec sleep 60")
            // Names that begin no id: those are hexadecimal.
            _ = try host.hawser("rename", "x", "y")
            #expect(try host.hawser("exec", "x", "true", expecting: 1).errorText.contains("no container"))
            #expect(try host.hawser("ps", "--format", "{{.Names}}").text == "y\n")
            _ = try host.hawser("run", "-d", "--name", "x", "--network", "none", "sleep", "60")
            #expect(try host.hawser("rename", "y", "x", expecting: 125).errorText.contains("in use"))
            let ports = try host.hawser("port", "y").text
            #expect(ports == "80/tcp -> 0.0.0.0:8080\n81/tcp -> 0.0.0.0:8081\n53/udp -> 127.0.0.1:53\n")
            #expect(try host.hawser("port", "y", "81").text == "0.0.0.0:8081\n")
            _ = try host.hawser("port", "y", "82", expecting: 1)
            try host.wait(for: "both commands") {
                let rows = try host.hawser("top", "y").text.split(separator: "\n")
                return rows.count == 4 && rows[0].hasPrefix("UID  PID") && rows.contains { $0.hasSuffix("sleep 61") }
            }
            _ = try host.hawser("rm", "-f", "x", "y")
            try host.expectNothingLeft()
        }
    }

    @Test("cp copies into containers and out of them, running or not, and no link leads out of them")
    func copy() throws {
        try RunningHost.with { host in
            try host.host.shell(
                """
                mkdir -p /run/d/sub && echo one >/run/d/one && echo two >/run/d/sub/two && ln -s one /run/d/link
                chown 7:7 /run/d/one && chmod 4755 /run/d/one; echo secret >/run/secret
                """)
            let script = "mkdir -p /usr/in; ln -s /run /usr/out; ln -s ../../../../run/secret /usr/in/up; exec sleep 60"
            _ = try host.hawser("run", "-d", "--name", "w", "--network", "none", "sh", "-c", script)
            try host.wait(for: "the command") {
                try host.command(["exec", "w", "test", "-L", "/usr/in/up"]).run().succeeded
            }
            for isRunning in [true, false] {
                if !isRunning { _ = try host.hawser("stop", "-t", "0", "w") }
                let place = isRunning ? "/usr/a" : "/usr/b"
                _ = try host.hawser("cp", "/run/d", "w:\(place)")
                _ = try host.hawser("cp", "/run/d/.", "w:\(place)")
                _ = try host.hawser("cp", "/run/d", "w:\(place)")
                _ = try host.hawser("cp", "-a", "/run/d/one", "w:\(place)/kept")
                try host.host.shell("rm -rf /run/back; mkdir /run/back")
                _ = try host.hawser("cp", "w:\(place)", "/run/back")
                _ = try host.hawser("cp", "-a", "w:\(place)/kept", "/run/back/kept")
                _ = try host.hawser("cp", "-L", "w:\(place)/link", "/run/back/")
                let list = "cd /run/back; find . -printf '%p %y %m %U\\n' | grep -v ' d ' | sort; cat link"
                let name = place.split(separator: "/")[1]
                let expected =
                    [
                        "d/link l 777 0", "d/one f 755 0", "d/sub/two f 644 0", "kept f 755 0", "link l 777 0",
                        "one f 755 0",
                    ]
                    + ["sub/two f 644 0"]
                let lines = (expected.map { "./\(name)/\($0)" } + ["./kept f 4755 7", "./link f 755 0"]).sorted()
                #expect(try host.host.shell(list) == (lines + ["one"]).joined(separator: "\n") + "\n")
                // Links of the container are followed inside it only.
                let refused = try host.hawser("cp", "-L", "w:/usr/in/up", "/run/back/stolen", expecting: 1)
                #expect(refused.errorText.contains("cp:") && host.host.read("/run/back/stolen") == nil)
                _ = try host.hawser("cp", "w:/no-such", "/run/back", expecting: 1)
                _ = try host.hawser("cp", "/run/d/one", "w:/no-such/", expecting: 1)
            }
            _ = try host.hawser("cp", "/run/d", "/run/e", expecting: 125)
            _ = try host.hawser("start", "w")
            #expect(try host.hawser("exec", "w", "cat", "/usr/b/sub/two").text == "two\n")
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("prune removes what does not run, asks before, and says what that gave back")
    func prune() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "up", "--network", "none", "sleep", "60")
            for name in ["a", "b"] {
                _ = try host.hawser(
                    "run", "--name", name, "--network", "none", "-l", "n=\(name)", "sh", "-c",
                    "head -c 1000000 /dev/zero >/usr/big")
            }
            var doubtful = host.command(["prune"])
            doubtful.input = Array("n\n".utf8)
            #expect(try doubtful.run().orThrow().text.isEmpty)
            let one = try host.hawser("prune", "-f", "--filter", "label=n=a").text
            #expect(one.hasPrefix("Deleted Containers:\n") && one.contains("Total reclaimed space: 1MB"), "\(one)")
            #expect(try host.hawser("prune", "-f", "--filter", "until=1h").text == "Total reclaimed space: 0B\n")
            var sure = host.command(["prune"])
            sure.input = Array("y\n".utf8)
            #expect(try sure.run().orThrow().text.contains("space: 1MB"))
            #expect(try host.hawser("ps", "-a", "--format", "{{.Names}}").text == "up\n")
            _ = try host.hawser("rm", "-f", "up")
            try host.expectNothingLeft()
        }
    }

    @Test("files say who a container is; one that is there already is not written over")
    func files() throws {
        try RunningHost.with { host in
            let line = [
                "run", "-d", "--name", "w", "--network", "none", "--cidfile", "/run/cid", "--pidfile", "/run/pid",
            ]
            let id = try host.command(line + ["sleep", "60"]).run().orThrow().text
            #expect("\(host.host.read("/run/cid") ?? "")\n" == id)
            #expect(try host.inspect("w", "state", "pid").integer.map(String.init) == host.host.read("/run/pid"))
            let refused = try host.hawser("run", "--network", "none", "--cidfile", "/run/cid", "true", expecting: 125)
            #expect(refused.errorText.contains("--cidfile"))
            _ = try host.hawser("rm", "-f", "w")
            try host.expectNothingLeft()
        }
    }

    @Test("stop asks with the container's own signal and waits as long as it was told")
    func stopSignal() throws {
        try RunningHost.with { host in
            let script = "trap 'exit 7' USR1; trap '' TERM; echo ready; while :; do sleep 0.02; done"
            let line = ["run", "-d", "--name", "w", "--network", "none", "--stop-signal", "SIGUSR1"]
            _ = try host.command(line + ["sh", "-c", script]).run().orThrow()
            try host.wait(for: "the trap") { try host.logLines("w") == ["ready"] }
            _ = try host.hawser("stop", "w")
            #expect(try host.inspect("w", "state", "exitCode") == .integer(7))
            _ = try host.hawser("start", "w")
            try host.wait(for: "the trap") { try host.logLines("w") == ["ready", "ready"] }
            _ = try host.hawser("kill", "-s", "TERM", "w")
            _ = try host.hawser("stop", "-s", "TERM", "-t", "0", "w")
            #expect(try host.inspect("w", "state", "exitCode") == .integer(137))
            _ = try host.hawser("rm", "w")
            try host.expectNothingLeft()
        }
    }
}
