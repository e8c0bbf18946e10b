import Foundation
import TestSupport
import Testing

/// Debian's containerd, through `ctr run --cni`: it looks for plugins in /opt/cni/bin, sends DEL with an empty
/// CNI_NETNS, and offers no port mappings of its own, so the list holds them.
@Suite(.needsKernel, .needsPlugins, .needsPrograms("containerd", "ctr", "runc", "busybox")) struct ContainerdTests {
    private static let state = "/run/containerd-test"
    private static let list = """
        {"cniVersion": "1.0.0", "name": "ctrnet", "plugins": [
          {"type": "bridge", "bridge": "br0", "isGateway": true, "ipMasq": true, "ipam": {"type": "host-local",
            "ranges": [[{"subnet": "10.77.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "runtimeConfig": {"portMappings": [
            {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}}]}
        """

    @Test("ctr run --cni starts a container with a published port, and removes it cleanly") func publishedPort() throws
    {
        try withTestHost(processes: true) { host in
            let daemon = try prepare(host)
            defer { daemon.signal(SIGTERM) }
            try runOnce(host, "warm")
            let before = try host.snapshot()
            try runOnce(host, "web")
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
        }
    }

    @Test("containerd's shim for runc runs containers by hawser-oci") func runtime() throws {
        try withTestHost(processes: true) { host in
            let daemon = try prepare(host)
            defer { daemon.signal(SIGTERM) }
            let options = ["--runc-binary", OCIRuntimeExecutable.path, "--rootfs", "\(Self.state)/root"]
            let finished = try ctr(host, ["run", "--rm"] + options + ["once", "/bin/sh", "-c", "echo said; exit 7"])
                .run()
            #expect(finished.ending == .exited(7), "\(finished)")
            #expect(finished.text == "said\n")
            try runOnce(host, "web", options: ["--runc-binary", OCIRuntimeExecutable.path]) {
                let said = try ctr(
                    host, ["task", "exec", "--exec-id", "one", "web", "/bin/sh", "-c", "echo inside; exit 3"]
                ).run()
                #expect(said.ending == .exited(3) && said.text == "inside\n", "\(said)")
                try ctr(host, ["task", "pause", "web"]).run().orThrow()
                #expect(try ctr(host, ["task", "ls"]).run().orThrow().text.contains("PAUSED"))
                try ctr(host, ["task", "resume", "web"]).run().orThrow()
                #expect(try ctr(host, ["task", "ps", "web"]).run().orThrow().text.split(separator: "\n").count >= 2)
            }
            #expect(host.list("/run/containerd/runc/default") == [])
        }
    }

    // Runs a container, reaches it, kills it, and waits until ctr has removed its network.
    private func runOnce(
        _ host: TestHost, _ name: String, options: [String] = [], meanwhile: () throws -> Void = {}
    ) throws {
        let (container, output) = try ctr(
            host,
            ["run", "--rm", "--cni"] + options
                + ["--rootfs", "\(Self.state)/root", name, "/bin/sh", "-c", "echo up; sleep 1000"]
        ).startReading()
        let said = try output.read(deadline: Deadline(in: .seconds(30))) { $0.contains(10) }
        try #require(String(decoding: said, as: UTF8.self) == "up\n", "\(container.errorSoFar())")
        let tasks = try ctr(host, ["task", "ls"]).run().orThrow().text
        let task = try #require(tasks.split(separator: "\n").first { $0.hasPrefix(name) })
        let process = try #require(task.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        let listener = try Socket.listening(
            .tcp, on: "0.0.0.0", port: 80, in: host.networkNamespace(ofProcess: process))
        for (address, origin) in [
            (TestHost.uplinkAddress, host.outside.place), (TestHost.uplinkAddress, host.place),
            ("127.0.0.1", host.place),
        ] {
            _ = try Socket.connected(to: address, port: 8080, in: origin)
            _ = try listener.accept()
        }
        try meanwhile()
        try ctr(host, ["task", "kill", "--signal", "KILL", name]).run().orThrow()
        #expect(try container.finish().ending == .exited(137))
    }

    private func ctr(_ host: TestHost, _ arguments: [String]) -> Command {
        host.command("ctr", ["--address", "\(Self.state)/socket"] + arguments)
    }

    // Starts containerd with private directories, and returns when it listens.
    private func prepare(_ host: TestHost) throws -> Running {
        try RootDirectory.make(on: host, at: "\(Self.state)/root")
        try host.write(Self.list, to: "/etc/cni/net.d/10-ctrnet.conflist")
        try host.shell("mkdir -p /opt/cni/bin; mount --bind \(PluginDirectory.underTest.path) /opt/cni/bin")
        try host.write(
            """
            version = 2
            root = "\(Self.state)/content"
            state = "\(Self.state)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs",
              "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
              "io.containerd.snapshotter.v1.devmapper"]
            [grpc]
            address = "\(Self.state)/socket"
            """, to: "\(Self.state)/config.toml")
        // inotifyd would need the directory to be read twice; a client that retries until its deadline needs nothing.
        let daemon = try host.command("containerd", ["--config", "\(Self.state)/config.toml", "--log-level", "error"])
            .start()
        try host.run("ctr", "--address", "\(Self.state)/socket", "--connect-timeout", "20s", "version")
        return daemon
    }
}
