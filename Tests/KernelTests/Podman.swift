import Foundation
import TestSupport
import Testing

/// Podman with private storage on a test host.
struct Podman {
    let host: TestHost
    static let state = "/run/podman-test"

    /// `runtime`: the path of another OCI runtime than Debian's.
    init(on host: TestHost, runtime: String? = nil) throws {
        self.host = host
        let list = try String(contentsOfFile: "/etc/cni/net.d/87-podman-bridge.conflist", encoding: .utf8)
        try host.write(list, to: "/etc/cni/net.d/87-podman-bridge.conflist")
        // Where hard limits cannot be raised, podman's own defaults are refused: they are lowered.
        try host.write(
            """
            [containers]
            \(runtime == nil ? #"default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]"# : "")
            [network]
            network_backend = "cni"
            cni_plugin_dirs = ["\(PluginDirectory.underTest.path)"]
            network_config_dir = "/etc/cni/net.d"
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            runtime = "\(runtime == nil ? "runc" : "hawser-oci")"
            runtime_supports_json = ["runc", "hawser-oci"]
            [engine.runtimes]
            hawser-oci = ["\(runtime ?? "")"]
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
        try execute(arguments).text
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
    func execute(_ arguments: [String], expecting status: Int32) throws -> Finished {
        let finished = try prepared(arguments).run()
        try #require(finished.ending == .exited(status), "\(finished)")
        return finished
    }

    @discardableResult
    func execute(_ arguments: [String]) throws -> Finished { try prepared(arguments).run().orThrow() }

    private func prepared(_ arguments: [String]) -> Command {
        let store = [
            "--root", "\(Self.state)/storage", "--runroot", "\(Self.state)/runroot", "--tmpdir", "\(Self.state)/tmp",
            "--storage-driver", "vfs",
        ]
        let environment = Command.defaultEnvironment.merging([
            "CONTAINERS_CONF": "\(Self.state)/containers.conf", "XDG_RUNTIME_DIR": "/run",
        ]) { $1 }
        return host.command("podman", store + arguments, environment: environment)
    }
}
