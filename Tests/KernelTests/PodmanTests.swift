import Foundation
import TestSupport
import Testing

/// Debian's podman with its CNI backend and its unmodified default network list.
@Suite(.needsKernel, .needsPlugins, .needsPrograms("podman", "runc", "busybox")) struct PodmanTests {
    @Test("podman starts containers with published ports on its default network, and removes them cleanly")
    func defaultNetwork() throws {
        try withTestHost(processes: true) { host in
            let podman = try Podman(on: host)
            let before = try podman.warmedUp()

            try podman.run("first", "--publish", "8080:80")
            try podman.run("second", "--publish", "5353:53/udp")
            try expect(host, tcp: 8080, reaches: podman.place(of: "first"), port: 80)
            let datagrams = try Socket.listening(.udp, on: "0.0.0.0", port: 53, in: podman.place(of: "second"))
            try Socket.connected(.udp, to: TestHost.uplinkAddress, port: 5353, in: host.outside.place).send("question")
            #expect(try datagrams.receive().text == "question")
            // Out through masquerade: the outside sees the host.
            let beyond = try Socket.listening(.tcp, on: TestHost.outsideAddress, port: 7777, in: host.outside.place)
            _ = try Socket.connected(to: TestHost.outsideAddress, port: 7777, in: podman.place(of: "first"))
            #expect(try beyond.accept().peer == TestHost.uplinkAddress)

            try podman.command("restart", "--time", "0", "first")
            try expect(host, tcp: 8080, reaches: podman.place(of: "first"), port: 80)
            try podman.remove("first", "second")
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
        }
    }

    @Test("podman connects a running container to a second network and disconnects it again") func secondNetwork()
        throws
    {
        try withTestHost(processes: true) { host in
            let podman = try Podman(on: host)
            _ = try podman.warmedUp()
            try podman.command("network", "create", "--subnet", "10.99.0.0/24", "--disable-dns", "other")
            try podman.run("one")
            try podman.command("network", "connect", "other", "one")
            let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: 80, in: podman.place(of: "one"))
            _ = try Socket.connected(to: "10.99.0.2", port: 80, in: host.place)
            _ = try listener.accept()
            try podman.command("network", "disconnect", "other", "one")
            #expect(throws: TestFailure.self) {
                try Socket.connected(to: "10.99.0.2", port: 80, in: host.place, within: .milliseconds(300))
            }
            try podman.remove("one")
            let reserved = host.list("/var/lib/cni/networks/other").filter { $0.hasPrefix("10.") }
            #expect(reserved == [])
        }
    }

    @Test("podman runs containers by hawser-oci, with its own limits and its own system call filter")
    func runtime() throws {
        try withTestHost(processes: true) { host in
            let podman = try Podman(on: host, runtime: OCIRuntimeExecutable.path)
            let before = try podman.warmedUp()
            let root = ["--rm", "--network", "none", "--rootfs", "\(Podman.state)/root"]
            // No ulimit is lowered for it: what cannot be raised is clamped.
            let said = try podman.execute(
                ["run", "--hostname", "inside", "-e", "A=b"] + root
                    + ["/bin/sh", "-c", "hostname; echo $A; grep Seccomp: /proc/self/status; exit 7"], expecting: 7)
            #expect(said.text == "inside\nb\nSeccomp:\t2\n")
            try podman.execute(["run"] + root + ["nothing"], expecting: 127)
            try podman.execute(["run"] + root + ["/etc"], expecting: 126)
            let terminal = try podman.execute(
                ["run", "-t"] + root + ["/bin/sh", "-c", "test -t 0 && ls /dev/console"])
            #expect(terminal.text == "/dev/console\r\n")

            try podman.run("web", "--publish", "8080:80", "--memory", "64m", "--pids-limit", "20")
            try expect(host, tcp: 8080, reaches: podman.place(of: "web"), port: 80)
            #expect(try podman.command("exec", "web", "/bin/sh", "-c", "hostname; id -u").hasSuffix("\n0\n"))
            #expect(try podman.command("exec", "-t", "web", "/bin/sh", "-c", "test -t 1 && echo yes") == "yes\r\n")
            try podman.execute(["exec", "web", "nothing"], expecting: 127)
            try podman.command("exec", "-d", "web", "/bin/touch", "/tmp/touched")
            try podman.command("pause", "web")
            #expect(try podman.command("inspect", "--format", "{{.State.Status}}", "web") == "paused\n")
            try podman.command("unpause", "web")
            try podman.command("stop", "--time", "0", "web")
            #expect(try podman.command("inspect", "--format", "{{.State.ExitCode}}", "web") == "137\n")
            try podman.command("start", "web")
            try expect(host, tcp: 8080, reaches: podman.place(of: "web"), port: 80)
            try podman.remove("web")
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
            #expect(host.list("/run/hawser-oci") == [])
        }
    }

    private func expect(_ host: TestHost, tcp: UInt16, reaches place: Place, port: UInt16) throws {
        let listener = try Socket.listening(.tcp, on: "0.0.0.0", port: port, in: place)
        for (address, origin) in [
            (TestHost.uplinkAddress, host.outside.place), (TestHost.uplinkAddress, host.place),
            ("127.0.0.1", host.place),
        ] {
            _ = try Socket.connected(to: address, port: tcp, in: origin)
            _ = try listener.accept()
        }
    }
}
