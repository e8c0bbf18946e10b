import JSON
import TestSupport
import Testing

/// What a container finds around it, as its config.json says.
@Suite(.needsKernel, .needsPrograms("busybox", "unshare")) struct SurroundingsTests {
    @Test("masked paths are empty, read-only paths and roots refuse writes, other mounts do not") func protection()
        throws
    {
        try BundleHost.with { host in
            let said = try host.run(
                """
                cat /proc/timer_list | grep -c . ; ls /sys/firmware | grep -c .
                (v=$(cat /proc/sys/kernel/panic); echo $v > /proc/sys/kernel/panic; touch /etc/x) 2>&1 | grep -c 'Read-only'
                touch /dev/shm/x && echo shm
                """)
            #expect(said == "0\n0\n2\nshm\n")
        }
    }

    @Test("binds are read-only when they say so, alone or with everything below") func binds() throws {
        try BundleHost.with { host in
            try host.host.shell(
                "mkdir -p /run/oci/data/below; mount -t tmpfs below /run/oci/data/below; echo shown > /run/oci/data/file"
            )
            func mounts(_ options: String) -> (String, String) {
                let bind =
                    #"{"destination": "/tmp/data", "type": "bind", "source": "/run/oci/data", "options": [\#(options)]}"#
                return ("mounts", #"[{"destination": "/proc", "type": "proc", "source": "proc"}, \#(bind)]"#)
            }
            let script =
                "cat /tmp/data/file; cd /tmp/data; touch a 2>/dev/null && echo top; touch below/b 2>/dev/null && echo below; true"
            #expect(try host.run(script, [mounts(#""rbind""#)]) == "shown\ntop\nbelow\n")
            #expect(try host.run(script, [mounts(#""rbind", "ro""#)]) == "shown\nbelow\n")
            #expect(try host.run(script, [mounts(#""rbind", "rro""#)]) == "shown\n")
            #expect(try host.run("cat /tmp/data/file", [mounts(#""bind", "noexec""#)]) == "shown\n")
        }
    }

    @Test("a tmpfs that copies up begins with what it covers") func copyUp() throws {
        try BundleHost.with { host in
            try host.host.shell(
                "cd \(BundleHost.root)/etc; mkdir -p d/e; echo deep > d/e/f; chown 5:6 d/e/f; chmod 4755 d/e/f; ln -s d link"
            )
            let mounts =
                #"[{"destination": "/etc", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "mode=0700"]}]"#
            let script = "cat /etc/link/e/f; stat -c '%a %u %g' /etc/d/e/f; touch /etc/new && echo writable"
            #expect(try host.run(script, [("mounts", mounts)]) == "deep\n4755 5 6\nwritable\n")
            #expect(host.host.list("\(BundleHost.root)/etc") == ["d", "link"])
        }
    }

    @Test("devices are made with their owners and modes; the usual ones are there") func devices() throws {
        try BundleHost.with { host in
            let device =
                #"[{"path": "/dev/extra", "type": "c", "major": 1, "minor": 3, "fileMode": 390, "uid": 4, "gid": 5}]"#
            let allowed =
                #"[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rw"}]"#
            let said = try host.run(
                """
                stat -c '%a %u %g %t:%T' /dev/extra /dev/null; ls /dev; echo x > /dev/extra && echo written
                cat /proc/self/fd/9 9</dev/null; (echo x > /dev/full) 2>&1 | grep -c 'No space'
                """, [("linux.devices", device), ("linux.resources.devices", allowed)])
            #expect(
                said == """
                    606 4 5 1:3
                    666 0 0 1:3
                    extra\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero
                    written
                    1

                    """)
        }
    }

    @Test("user, groups, mask, limits, rights, names and settings of the process are as asked") func process() throws {
        try BundleHost.with { host in
            let said = try host.run(
                """
                id -u; id -G; umask; pwd; ulimit -n; hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward
                cat /proc/self/oom_score_adj; grep -E 'Cap(Inh|Eff|Amb)|NoNewPrivs' /proc/self/status; echo $HOME
                """,
                [
                    ("process.user", #"{"uid": 7, "gid": 8, "additionalGids": [9], "umask": 63}"#),
                    ("process.cwd", #""/made""#),
                    ("root.readonly", "false"),
                    ("process.rlimits", #"[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}]"#),
                    ("hostname", #""inside""#), ("domainname", #""realm""#), ("process.oomScoreAdj", "555"),
                    ("linux.sysctl", #"{"net.ipv4.ip_forward": "1"}"#),
                    (
                        "process.capabilities",
                        #"{"bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}"#
                    ),
                ])
            #expect(
                said == """
                    7\n8 9\n0077\n/made\n77\ninside\nrealm\n1\n555
                    CapInh:\t0000000000000020
                    CapEff:\t0000000000000020
                    CapAmb:\t0000000000000020
                    NoNewPrivs:\t1
                    /

                    """)
        }
    }

    @Test("a limit that cannot be raised and a capability that cannot be granted are left out with a warning")
    func clamped() throws {
        try BundleHost.with { host in
            let everything = JSONValue.array(["CAP_SYS_RESOURCE", "CAP_CHOWN", "CAP_FUTURE"].map { .string($0) }).text()
            let bundle = try host.bundle(
                "a", ["sh", "-c", "ulimit -H -n; grep CapBnd /proc/self/status"],
                [
                    ("process.capabilities", #"{"bounding": \#(everything)}"#),
                    ("process.rlimits", #"[{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 500}]"#),
                ])
            let line =
                "ulimit -n 200; exec \(OCIRuntimeExecutable.path) --root \(BundleHost.state) run --bundle \(bundle) a"
            // Like a machine that gives nobody the right.
            let finished = try host.host.command(
                "setpriv", ["--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource", "sh", "-c", line]
            ).run()
            #expect(finished.text == "200\nCapBnd:\t0000000000000001\n", "\(finished)")
            for warning in [
                "RLIMIT_NOFILE is 200 at most", "cannot be granted are left out: CAP_SYS_RESOURCE",
                "unknown capabilities are left out: CAP_FUTURE",
            ] { #expect(finished.errorText.contains(warning), "\(finished.errorText)") }
        }
    }

    @Test("a system call that the filter refuses gives the filter's errno, in exec too") func filter() throws {
        try BundleHost.with { host in
            let filter =
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18}]}"#
            let bundle = try host.bundle("web", ["sleep", "1000"], [("linux.seccomp", filter)])
            try host.oci("run", "--detach", "--bundle", bundle, "web")
            let refused = try host.oci("exec", "web", "mkdir", "/dev/shm/a", expecting: 1)
            #expect(refused.errorText.contains("link"), "EXDEV is named: \(refused.errorText)")
            #expect(try host.oci("exec", "web", "grep", "Seccomp:", "/proc/self/status").text == "Seccomp:\t2\n")
            try host.oci("delete", "--force", "web")
        }
    }

    @Test("namespaces are joined by path, each kind for itself") func joined() throws {
        try BundleHost.with { host in
            _ = try host.host.makeContainer("net")
            try host.oci(
                "run", "--detach", "--bundle", host.bundle("first", ["sleep", "1000"], [("hostname", #""shared""#)]),
                "first")
            let pid = try #require(try host.state("first", "pid")?.integer)
            let namespaces = """
                [{"type": "mount"}, {"type": "network", "path": "/run/netns/net"}, {"type": "pid", "path": "/proc/\(pid)/ns/pid"},
                 {"type": "uts", "path": "/proc/\(pid)/ns/uts"}, {"type": "ipc", "path": "/proc/\(pid)/ns/ipc"}]
                """
            let said = try host.run(
                "hostname; cat /proc/1/cmdline | grep -c sleep; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc",
                [("linux.namespaces", namespaces), ("hostname", "null")])
            let names = try host.host.shell("stat -L -c 'net:[%i]' /run/netns/net; readlink /proc/\(pid)/ns/ipc")
            #expect(said == "shared\n1\n\(names)")
            try host.oci("delete", "--force", "first")
        }
    }

    @Test("a user namespace has the mappings of the bundle, and its files their ids") func users() throws {
        try BundleHost.with { host in
            try host.host.shell("chown -R 100000:100000 \(BundleHost.root)")
            let mapping = #"[{"containerID": 0, "hostID": 100000, "size": 65536}]"#
            let namespaces = ["mount", "pid", "network", "ipc", "uts", "user", "cgroup"].map { #"{"type": "\#($0)"}"# }
            let said = try host.run(
                "id -u; cat /proc/self/uid_map; stat -c %u /bin /dev/null; touch /tmp/made; grep CapEff /proc/self/status",
                [
                    ("linux.namespaces", "[\(namespaces.joined(separator: ","))]"), ("linux.uidMappings", mapping),
                    ("linux.gidMappings", mapping), ("root.readonly", "false"),
                ])
            #expect(said.split(separator: "\n").first == "0")
            #expect(said.contains(/0 +100000 +65536\n0\n0\nCapEff:\t0000000020000420\n/), "\(said)")
            #expect(try host.host.shell("stat -c %u \(BundleHost.root)/tmp/made") == "100000\n")
        }
    }
}
