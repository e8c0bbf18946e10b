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

/// Podman with private storage on a test host.
private struct Podman {
    let host: TestHost
    private static let state = "/run/podman-test"

    init(on host: TestHost) throws {
        self.host = host
        let list = try String(contentsOfFile: "/etc/cni/net.d/87-podman-bridge.conflist", encoding: .utf8)
        try host.write(list, to: "/etc/cni/net.d/87-podman-bridge.conflist")
        // Where hard limits cannot be raised, podman's own defaults are refused: they are lowered.
        try host.write(
            """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [network]
            network_backend = "cni"
            cni_plugin_dirs = ["\(PluginDirectory.underTest.path)"]
            network_config_dir = "/etc/cni/net.d"
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            runtime = "runc"
            """, to: "\(Self.state)/containers.conf")
        try RootDirectory.make(on: host, at: "\(Self.state)/root")
    }

    /// The snapshot after one container came and went, as podman makes shared things of its own, too.
    func warmedUp() throws -> Snapshot {
        try run("warm", "--publish", "18080:80")
        try remove("warm")
        return try host.snapshot()
    }

    @discardableResult
    func command(_ arguments: String...) throws -> String {
        try execute(arguments)
    }

    func run(_ name: String, _ options: String...) throws {
        try execute(
            ["run", "--detach", "--name", name] + options
                + ["--rootfs", "\(Self.state)/root", "/bin/sleep", "1000"])
    }

    func remove(_ names: String...) throws {
        try execute(["rm", "--force", "--time", "0"] + names)
    }

    func place(of name: String) throws -> Place {
        let text = try command("inspect", "--format", "{{.State.Pid}}", name)
        let process = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        return try host.networkNamespace(ofProcess: #require(process))
    }

    @discardableResult
    private func execute(_ arguments: [String]) throws -> String {
        let store = [
            "--root", "\(Self.state)/storage", "--runroot", "\(Self.state)/runroot", "--tmpdir", "\(Self.state)/tmp",
            "--storage-driver", "vfs",
        ]
        let environment = Command.defaultEnvironment.merging([
            "CONTAINERS_CONF": "\(Self.state)/containers.conf", "XDG_RUNTIME_DIR": "/run",
        ]) { $1 }
        return try host.command("podman", store + arguments, environment: environment).run().orThrow().text
    }
}
