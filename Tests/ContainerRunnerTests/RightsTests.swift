import TestSupport
import Testing

/// What containers may do, seen from inside.
@Suite(.needsKernel) struct RightsTests {
    private func inside(_ host: RunningHost, _ options: [String], _ script: String) throws -> String {
        let line = ["run", "--rm", "--network", "none"] + options + ["sh", "-c", script]
        return try host.command(line).run().orThrow().text
    }

    @Test("capabilities, no_new_privs and the seccomp filter are as asked for")
    func rights() throws {
        try RunningHost.with { host in
            let status = "grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t\\n'"
            #expect(try inside(host, [], status) == "CapBnd:00000000a80425fbNoNewPrivs:1Seccomp:2")
            let looser = ["--cap-drop", "ALL", "--cap-add", "NET_RAW", "--security-opt", "no-new-privileges=false"]
            #expect(
                try inside(host, looser + ["--security-opt", "seccomp=unconfined"], status)
                    == "CapBnd:0000000000002000NoNewPrivs:0Seccomp:0")
            #expect(try inside(host, ["-u", "1"], "grep CapEff /proc/self/status") == "CapEff:\t0000000000000000\n")
            let refused = "unshare -U true 2>/dev/null && echo made || echo refused"
            #expect(try inside(host, [], refused) == "refused\n")
            #expect(try inside(host, ["--security-opt", "seccomp=unconfined"], refused) == "made\n")
            let all = try inside(host, ["--privileged"], status + "; mount -t tmpfs x /mnt && echo mounted")
            #expect(all.hasSuffix("NoNewPrivs:0Seccomp:0mounted\n"), "\(all)")
            try host.expectNothingLeft()
        }
    }

    @Test("a seccomp profile of a file is what is in force; a wrong one is refused by name")
    func seccompProfile() throws {
        try RunningHost.with { host in
            try host.host.write(
                """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
                """, to: "/run/profile.json")
            let text = try inside(
                host, ["--security-opt", "seccomp=/run/profile.json"], "mkdir /tmp/x 2>&1; unshare -U true && echo made"
            )
            #expect(text.contains("No space left") && text.hasSuffix("made\n"), "\(text)")
            try host.host.write(#"{"defaultAction": "SCMP_ACT_PERHAPS"}"#, to: "/run/wrong.json")
            let line = ["run", "--rm", "--network", "none", "--security-opt", "seccomp=/run/wrong.json", "true"]
            let finished = try host.command(line).run()
            #expect(finished.ending == .exited(125) && finished.errorText.contains("defaultAction"), "\(finished)")
            try host.expectNothingLeft()
        }
    }

    @Test("programs of the host that enter a container cannot be written to from inside")
    func ownPrograms() throws {
        try RunningHost.with { host in
            // A file that is being executed cannot be written to anyway; its mode shows what holds once it is not.
            let change = "chmod 700 /proc/1/exe 2>&1 || true"
            let text = try inside(host, ["--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined"], change)
            #expect(text.contains("Read-only file system"), "\(text)")
            #expect(try inside(host, [], change).contains("Permission denied"))
            _ = try host.hawser("run", "-d", "--privileged", "--network", "none", "--name", "x", "sleep", "60")
            // An interpreter line is the way by which a container has the program that enters it execute itself.
            let trap = "printf '#!/proc/self/exe\\n' > /usr/trap; chmod +x /usr/trap"
            _ = try host.hawser("exec", "x", "sh", "-c", trap)
            let ran = try host.command(["exec", "x", "/usr/trap"]).run()
            #expect(ran.ending != .exited(0) || ran.text.contains("USAGE"), "\(ran)")
            #expect(try host.hawser("exec", "x", "sh", "-c", change).text.contains("Read-only file system"))
            _ = try host.hawser("rm", "-f", "x")
            try host.expectNothingLeft()
        }
    }

    @Test("masked and read-only paths can be unmasked; the root can be read-only; tmpfs and mounts are writable")
    func root() throws {
        try RunningHost.with { host in
            try host.host.write("x\n", to: "/run/data/file")
            #expect(
                try inside(host, [], "cat /proc/interrupts | wc -c; touch /usr/x && echo written") == "0\nwritten\n")
            #expect(
                try inside(
                    host, ["--security-opt", "unmask=/proc/sys"],
                    "echo 3 > /proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/net/ipv4/ip_default_ttl")
                    == "3\n")
            let options = [
                "--read-only", "--tmpfs", "/run:size=64k,mode=755", "-v", "/run/data:/srv/data", "--mount",
                "type=tmpfs,dst=/scratch,tmpfs-size=1m",
            ]
            let script = """
                for d in / /usr /etc /opt /tmp /root; do touch $d/x 2>/dev/null && echo "wrote $d"; done
                touch /run/x /srv/data/x /scratch/x /dev/shm/x && df -k --output=size /run /scratch | tail -n 2 | tr -d ' '
                """
            #expect(try inside(host, options, script) == "64\n1024\n")
            #expect(host.host.read("/run/data/x") == "")
            try host.expectNothingLeft()
        }
    }

    @Test("devices of the host open when asked for, limits and sysctls are set, groups are added")
    func surroundings() throws {
        try RunningHost.with { host in
            #expect(try inside(host, [], "ls /dev/net/tun 2>/dev/null || echo none") == "none\n")
            #expect(
                try inside(
                    host, ["--device", "/dev/net/tun:/dev/mytun"], "test -c /dev/mytun && : < /dev/mytun && echo opens")
                    == "opens\n")
            let reading = try inside(
                host, ["--device", "/dev/zero:/dev/one:r"],
                "head -c 1 /dev/one | wc -c; echo x 2>&1 > /dev/one || echo refused; echo x > /dev/null && echo written"
            )
            #expect(reading.hasPrefix("1\n") && reading.hasSuffix("refused\nwritten\n"), "\(reading)")
            let missing = ["run", "--rm", "--network", "none", "--device", "/dev/no-such", "true"]
            #expect(try host.command(missing).run().ending == .exited(125))
            #expect(try inside(host, ["--ulimit", "nofile=77:99"], "ulimit -n; ulimit -Hn") == "77\n99\n")
            #expect(
                try inside(
                    host, ["--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=4242"],
                    "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax") == "1\n4242\n")
            let shared = ["run", "--rm", "--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "true"]
            #expect(try host.command(shared).run().ending == .exited(125))
            #expect(
                try inside(host, ["-u", "7", "--group-add", "audio", "--group-add", "4242"], "id -G").split(
                    separator: " "
                ).suffix(2)
                    == ["29", "4242\n"])
            #expect(
                try inside(
                    host, ["--domainname", "example", "--hostname", "box"], "cat /proc/sys/kernel/domainname; hostname")
                    == "example\nbox\n")
            try host.host.write("# comment\nA=1\nB=2\n", to: "/run/env")
            #expect(try inside(host, ["--env-file", "/run/env", "-e", "B=3"], "echo $A$B") == "13\n")
            let line = ["run", "--rm", "--network", "none", "--entrypoint", "echo", "a", "b"]
            #expect(try host.command(line).run().orThrow().text == "a b\n")
            try host.expectNothingLeft()
        }
    }

    @Test("processes, semaphores, host name and view of groups are the container's, the host's or another's")
    func sharing() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--network", "none", "--name", "x", "sleep", "60")
            func namespace(_ kind: String, _ options: [String]) throws -> String {
                try inside(host, options, "readlink /proc/self/ns/\(kind)")
            }
            for kind in ["pid", "ipc", "uts"] {
                let other = try host.hawser("exec", "x", "readlink", "/proc/self/ns/\(kind)").text
                let own = try host.host.shell("readlink /proc/self/ns/\(kind)")
                #expect(try namespace(kind, ["--\(kind)", "container:x"]) == other, "\(kind)")
                #expect(try namespace(kind, ["--\(kind)", "host"]) == own, "\(kind)")
                #expect(try !([own, other].contains(namespace(kind, []))), "\(kind)")
            }
            #expect(try inside(host, ["--pid", "container:x"], "tr '\\0' ' ' < /proc/2/cmdline") == "sleep 60 ")
            #expect(try inside(host, ["--uts", "container:x"], "hostname") == "x\n")
            #expect(
                try namespace("cgroup", ["--cgroupns", "host"]) == host.host.shell("readlink /proc/self/ns/cgroup"))
            #expect(try inside(host, ["--no-init"], "echo $$") == "1\n")
            #expect(try inside(host, [], "echo $$") == "2\n")
            _ = try host.hawser("rm", "-f", "x")
            try host.expectNothingLeft()
        }
    }

    @Test("with ids of its own a container's root is nobody on the host, and the host's files are as they are")
    func userNamespace() throws {
        try RunningHost.with { host in
            try host.host.shell("mkdir -p /run/data && chmod 777 /run/data")
            let script = """
                id -u; cat /proc/self/uid_map | tr -s ' '; stat -c %u:%g /usr/bin/env / /dev /tmp /root
                touch /data/made /usr/added /tmp/made /dev/shm/made && stat -c %u /usr/added
                mount -t tmpfs x /mnt 2>/dev/null && echo mounted; hostname; cat /etc/hosts | grep -c localhost
                for f in /etc/shadow; do cat $f 2>/dev/null && echo open; done; ls /dev/pts; kill -0 1 && echo init
                """
            let text = try inside(
                host, ["--userns", "300000:65536", "-v", "/run/data:/data", "--hostname", "box"], script)
            #expect(
                text
                    == "0\n 0 300000 65536\n0:0\n0:0\n0:0\n0:0\n0:0\n0\nbox\n2\nptmx\ninit\n", "\(text)")
            #expect(try host.host.shell("stat -c %u:%g /run/data/made") == "300000:300000\n")
            #expect(try host.host.shell("stat -c %u:%g /usr/bin/env; ls /usr/added 2>/dev/null || true") == "0:0\n")
            let privileged = ["--userns", "auto", "--privileged"]
            #expect(try inside(host, privileged, "mount -t tmpfs x /mnt && echo mounted") == "mounted\n")
            _ = try host.hawser("run", "-d", "--network", "none", "--userns", "auto", "--name", "u", "sleep", "60")
            #expect(try host.hawser("exec", "u", "sh", "-c", "id -u; touch /usr/x; stat -c %u /usr/x").text == "0\n0\n")
            let terminal = try PseudoTerminal()
            let typed = try host.start(
                "exec", "-it", "u", "sh", "-c", "stat -c %u $(tty); echo x > $(tty)", at: terminal)
            #expect(try typed.finish().ending == .exited(0))
            let owner = try host.host.shell("stat -c %u /proc/$(pgrep -x sleep)")
            #expect((Int(owner.dropLast()) ?? 0) >= 1 << 20, "\(owner)")
            _ = try host.hawser("rm", "-f", "u")
            try host.expectNothingLeft()
        }
    }

    @Test("a directory is the root, in place or below a layer of its own; users are those of its own files")
    func rootfs() throws {
        try RunningHost.with { host in
            try host.host.shell(
                """
                mkdir -p /run/r/bin /run/r/etc && cp /bin/busybox /run/r/bin/ && for c in sh id cat touch ls ln; do ln -s busybox /run/r/bin/$c; done
                echo 'web:x:77:88::/srv:/bin/sh' > /run/r/etc/passwd; echo 'web:x:88:' > /run/r/etc/group
                ln -s /nowhere/resolv.conf /run/r/etc/resolv.conf; ln -s /proc/self/root/etc /run/r/link
                """)
            let script = [
                "sh", "-c",
                "id -u; id -g; touch /made; cat /etc/hostname; ls /usr 2>/dev/null; cat /etc/resolv.conf >/dev/null && echo resolver",
            ]
            func run(_ options: String...) throws -> String {
                try host.command(["run", "--rm", "--network", "none", "--dns", "192.0.2.1"] + options + script).run()
                    .orThrow().text
            }
            let expected = "77\n88\nbox\nresolver\n"
            #expect(try run("--rootfs", "/run/r:O", "-u", "web", "--hostname", "box", "--cap-drop", "ALL") == expected)
            #expect(host.host.read("/run/r/made") == nil)
            #expect(try run("--rootfs", "/run/r:O", "--userns", "400000").hasPrefix("0\n0\n"))
            #expect(host.host.read("/run/r/made") == nil)
            #expect(try run("--rootfs", "/run/r", "--hostname", "box") == "0\n0\nbox\nresolver\n")
            #expect(host.host.read("/run/r/made") == "")
            _ = try host.hawser("run", "--rm", "--network", "none", "--rootfs", "/run/none", "true", expecting: 125)
            try host.expectNothingLeft()
        }
    }

    @Test("an address, a link address, names and resolvers are those asked for")
    func names() throws {
        try RunningHost.with { host in
            let line = [
                "run", "--rm", "--ip", "10.77.0.99", "--dns", "192.0.2.53", "--dns-search", "a.example", "--add-host",
                "db:10.1.2.3", "--add-host", "up:host-gateway", "--name", "box", "sh", "-c",
                "ip -brief -4 address show eth0 | tr -s ' '; cat /etc/hosts /etc/resolv.conf",
            ]
            let text = try host.command(line).run().orThrow().text
            for part in [
                "10.77.0.99/24", "10.1.2.3\tdb\n", "10.77.0.1\tup\n", "10.77.0.99\tbox\n", "nameserver 192.0.2.53\n",
                "search a.example\n", "10.77.0.1\thost.containers.internal\n",
            ] { #expect(text.contains(part), "\(part) in \(text)") }
            try host.expectNothingLeft()
        }
    }
}
