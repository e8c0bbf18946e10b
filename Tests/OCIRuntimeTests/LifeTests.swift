import JSON
import TestSupport
import Testing

/// A container from create to delete, driven as podman and containerd drive it.
@Suite(.needsKernel, .needsPrograms("busybox")) struct LifeTests {
    @Test("a created container waits for its start; then it runs, takes a signal, ends and is deleted") func life()
        throws
    {
        try BundleHost.with { host in
            let script = "echo up > /tmp/up; trap 'exit 5' TERM; while :; do sleep 0.05; done"
            let bundle = try host.bundle("web", ["sh", "-c", script], [("root.readonly", "false")])
            try host.oci("create", "--bundle", bundle, "--pid-file", "/run/oci/pid", "web")
            #expect(try host.state("web")?.string == "created")
            let pid = try #require(try host.state("web", "pid")?.integer)
            #expect(host.host.read("/run/oci/pid") == "\(pid)")
            #expect(host.host.read("\(BundleHost.root)/tmp/up") == nil)
            try host.oci("start", "web")
            #expect(try host.state("web")?.string == "running")
            try host.wait(for: "the command's first line") { host.host.read("\(BundleHost.root)/tmp/up") == "up\n" }
            try host.oci("delete", "web", expecting: 1)
            try host.oci("start", "web", expecting: 1)
            try host.oci("kill", "web", "SIGTERM")
            try host.wait(for: "the end") { try host.state("web")?.string == "stopped" }
            #expect(try host.oci("kill", "web", expecting: 1).errorText.contains("container not running"))
            #expect(try host.oci("exec", "web", "true", expecting: 1).errorText.contains("stopped container"))
            try host.oci("delete", "web")
            #expect(try host.oci("state", "web", expecting: 1).errorText.contains("does not exist"))
            try host.oci("delete", "--force", "web")
        }
    }

    @Test("run ends as the command ends") func exitStatus() throws {
        try BundleHost.with { host in
            #expect(try host.run("echo said; exit 7", expecting: 7) == "said\n")
            try host.oci(
                "run", "--bundle", host.bundle("killed", ["sh", "-c", "(kill -KILL 1) & wait; kill -9 $$; exit 3"]),
                "killed",
                expecting: 3)
        }
    }

    @Test("exec runs in the container's namespaces with its rights, and ends as its command ends") func execution()
        throws
    {
        try BundleHost.with { host in
            let bundle = try host.bundle("web", ["sleep", "1000"], [("hostname", "\"inside\"")])
            try host.oci("run", "--detach", "--bundle", bundle, "web")
            let said = try host.oci(
                "exec", "--env", "A=b", "--cwd", "/etc", "--user", "7:8", "-g", "9", "web", "sh", "-c",
                "hostname; echo $A $PWD; id -u; id -G; grep CapEff /proc/self/status; exit 3", expecting: 3)
            #expect(said.text == "inside\nb /etc\n7\n8 9\nCapEff:\t0000000000000000\n")
            try host.host.write(
                #"{"args": ["sh", "-c", "echo $A > /dev/shm/said"], "cwd": "/", "env": ["A=file", "PATH=/bin"]}"#,
                to: "/run/oci/process.json")
            try host.oci("exec", "--process", "/run/oci/process.json", "--detach", "--pid-file", "/run/oci/pid", "web")
            #expect(Int(host.host.read("/run/oci/pid") ?? "") != nil)
            try host.wait(for: "what the detached process writes") {
                try host.oci("exec", "web", "cat", "/dev/shm/said").text == "file\n"
            }
            let missing = try host.oci("exec", "web", "nothing", expecting: 1)
            #expect(missing.errorText.contains(#"exec: \"nothing\": executable file not found in $PATH"#))
            try host.oci("delete", "--force", "web")
        }
    }

    @Test("pause stops a container's processes, resume lets them go on; ps, events and update know them") func control()
        throws
    {
        try BundleHost.with { host in
            let limits = ("linux.resources", #"{"memory": {"limit": 67108864}, "pids": {"limit": 20}}"#)
            try host.oci("run", "--detach", "--bundle", host.bundle("web", ["sleep", "1000"], [limits]), "web")
            let pid = try #require(try host.state("web", "pid")?.integer)
            #expect(try host.oci("ps", "--format", "json", "web").text == "[\(pid)]\n")
            #expect(try host.oci("ps", "web").text.contains("sleep 1000"))
            try host.oci("pause", "web")
            #expect(try host.state("web")?.string == "paused")
            #expect(try host.oci("exec", "web", "true", expecting: 1).errorText.contains("paused container"))
            try host.oci("resume", "web")
            #expect(try host.state("web")?.string == "running")
            try host.oci("update", "--pids-limit", "30", "web")
            let event = try JSONValue.parse(host.oci("events", "--stats", "web").text)
            let data = try #require(event.object?["data"]?.object)
            #expect(data["pids"] == .object(JSONObject([("current", .integer(1)), ("limit", .integer(30))])))
            #expect(data["memory"]?.object?["usage"]?.object?["limit"]?.integer == 67_108_864)
            try host.oci("kill", "--all", "web", "KILL")
            try host.wait(for: "the end") { try host.state("web")?.string == "stopped" }
            try host.oci("delete", "web")
        }
    }

    @Test("a command gets the descriptors that are passed on, and no other; its user may open its streams by name")
    func descriptors() throws {
        try BundleHost.with { host in
            let user = ("process.user", #"{"uid": 7, "gid": 8}"#)
            let script = "echo opened > /dev/stderr; cat <&4; ls /proc/self/fd"
            let bundle = try host.bundle("a", ["sh", "-c", script], [user])
            let line = """
                exec 3</etc/hostname 5</etc/hostname; echo handed > /run/oci/handed; exec 4</run/oci/handed
                \(OCIRuntimeExecutable.path) --root \(BundleHost.state) run --preserve-fds 2 --bundle \(bundle) a 2>&1 | cat
                """
            #expect(
                try host.host.shell(line) == "opened\nhanded\n0\n1\n2\n3\n4\n5\n", "5 is the directory that ls reads")
        }
    }

    @Test("whenever create is killed, delete --force leaves nothing of the container") func killed() throws {
        try BundleHost.with { host in
            let bundle = try host.bundle("a", ["sleep", "1000"])
            let runtime = "\(OCIRuntimeExecutable.path) --root \(BundleHost.state)"
            let before = try host.host.shell("cat /proc/self/mountinfo")
            // Every half millisecond of the time that it takes, and beyond.
            let left = try host.host.shell(
                """
                mkdir -p \(BundleHost.state)
                for tick in $(seq 1 80); do
                    timeout -s KILL $(printf '0.%04d' $((tick * 5))) \(runtime) create --bundle \(bundle) a </dev/null >/dev/null 2>&1 || :
                    \(runtime) delete --force a
                    ls \(BundleHost.state)
                done
                """)
            #expect(left == "")
            #expect(try host.host.shell("cat /proc/self/mountinfo") == before)
            try host.wait(for: "the end of every first process") {
                try host.host.shell("cat /proc/[0-9]*/comm | grep -cE 'hawser-init|^sleep' || :") == "0\n"
            }
        }
    }

    @Test("list shows the containers of its root directory alone") func list() throws {
        try BundleHost.with { host in
            try host.oci("create", "--bundle", host.bundle("one", ["true"]), "one")
            try host.oci("create", "--bundle", host.bundle("two", ["true"]), "two")
            #expect(try host.oci("list", "-q").text == "one\ntwo\n")
            let rows = try JSONValue.parse(host.oci("list", "--format", "json").text).array ?? []
            let statuses = rows.map { $0.object?["status"]?.string }
            #expect(statuses == ["created", "created"])
            #expect(
                try host.oci("create", "--bundle", "/run/oci/one", "one", expecting: 1).errorText.contains(
                    "already exists"))
            try host.oci("delete", "one")
            try host.oci("delete", "two")
        }
    }

    @Test("a command that cannot run is reported by create, in the words that podman looks for") func notFound() throws
    {
        try BundleHost.with { host in
            let log = ["--log", "/run/oci/log", "--log-format", "json"]
            let finished = try host.command(log + ["create", "--bundle", host.bundle("a", ["nothing"]), "a"]).run()
            #expect(finished.ending == .exited(1))
            let line = try #require(host.host.read("/run/oci/log"))
            let entry = try #require(JSONValue.parse(line).object)
            #expect(entry["level"]?.string == "error")
            #expect(
                entry["msg"]?.string
                    == #"unable to start container process: exec: "nothing": executable file not found in $PATH"#)
            let absolute = try host.oci("run", "--bundle", host.bundle("a", ["/bin/nothing"]), "a", expecting: 1)
            #expect(absolute.errorText.contains("stat /bin/nothing: no such file or directory"))
            try host.host.shell("touch \(BundleHost.root)/etc/plain")
            let plain = try host.oci("run", "--bundle", host.bundle("a", ["/etc/plain"]), "a", expecting: 1)
            #expect(plain.errorText.contains(#"exec: \"/etc/plain\": permission denied"#))
        }
    }

    @Test(
        "a wrong bundle is refused with its key, and nothing is left",
        arguments: [
            ("process.cwd", #""here""#, "process.cwd: must be an absolute path"),
            ("root.path", #""/nothing""#, "root.path: realpath /nothing"),
            ("linux.seccomp", #"{"defaultAction": "SCMP_ACT_GUESS"}"#, "linux.seccomp: defaultAction"),
            ("linux.resources", #"{"memory": {"limit": "much"}}"#, "linux.resources.memory.limit"),
            (
                "linux.namespaces", #"[{"type": "mount"}, {"type": "network", "path": "/nothing"}]"#,
                "network namespace: open /nothing"
            ),
            ("mounts", #"[{"destination": "/a", "type": "nofs", "source": "x"}]"#, "mount /a"),
        ])
    func badBundles(_ key: String, _ value: String, _ message: String) throws {
        try BundleHost.with { host in
            let members = key == "linux.namespaces" ? [(key, value), ("hostname", "null")] : [(key, value)]
            let finished = try host.oci("create", "--bundle", host.bundle("a", ["true"], members), "a", expecting: 1)
            #expect(finished.errorText.contains(message), "\(finished.errorText)")
        }
    }
}
