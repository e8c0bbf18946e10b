import Glibc
import TestSupport
import Testing

/// A host of its own with the command under test.
struct RunningHost {
    let host: TestHost

    /// The shim to use instead of the one beside hawser.
    var shim: String?

    static let hawser = "\(PluginDirectory.repository)/.build/debug/hawser"

    /// Makes a host whose network "bridge" is served by the plugins under test, and lends it.
    static func with(shim: String? = nil, _ body: (RunningHost) throws -> Void) throws {
        try withTestHost(processes: true) { host in
            try host.write(
                """
                {"cniVersion": "1.1.0", "name": "bridge", "plugins": [
                    {"type": "bridge", "bridge": "moor0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
                     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/24"}]],
                              "routes": [{"dst": "0.0.0.0/0"}]}},
                    {"type": "portmap", "capabilities": {"portMappings": true}}]}
                """, to: "/etc/cni/net.d/10-bridge.conflist")
            try body(RunningHost(host: host, shim: shim))
        }
    }

    /// The shim that ships, where it was built: beside the plugins under test, or in this repository.
    static let shippedShim: String? = [
        "\(PluginDirectory.underTest.path)/hawser-shim", "\(PluginDirectory.underTest.path)/../libexec/hawser-shim",
        "\(PluginDirectory.repository)/.build-embedded/release/hawser-shim",
    ].first { unsafe access($0, X_OK) == 0 }

    /// Runs hawser to its end.
    func hawser(_ arguments: String..., expecting status: Int32 = 0) throws -> Finished {
        let finished = try command(arguments).run()
        #expect(finished.ending == .exited(status), "\(finished)")
        return finished
    }

    /// Starts hawser in a session of its own, whose terminal this is.
    func start(_ arguments: String..., at terminal: PseudoTerminal) throws -> Running {
        let session = ["/usr/bin/setsid", "--ctty", "--wait"]
        return try command(arguments, startedBy: session).start(on: terminal)
    }

    func command(_ arguments: [String], startedBy starter: [String] = []) -> Command {
        var environment = Command.defaultEnvironment
        environment["HAWSER_PLUGIN_DIR"] = PluginDirectory.underTest.path
        environment["HAWSER_SHIM"] = shim
        // Groups are the machine's, not the host's: a name that no other test has.
        environment["HAWSER_CGROUP"] = "hawser-test-\(host.root.filter { $0.isNumber })"
        let line = starter + [Self.hawser] + arguments
        return host.command(line[0], Array(line.dropFirst()), environment: environment)
    }

    /// Asks until the answer is yes, each time by running a command; fails after 20 seconds.
    func wait(for what: String, _ isThere: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        while !(try isThere()) { try #require(ContinuousClock.now < end, "waited in vain: \(what)") }
    }

    /// How many programs are connected to shims, beside their foregrounds.
    func connections() throws -> Int {
        let count = "awk '$6 == \"03\" && /shim.sock$/' /proc/net/unix | wc -l"
        return Int(try host.shell(count).dropLast()) ?? -1
    }

    /// Sends a signal to the command under test that was started with these arguments.
    func signal(_ name: String, _ arguments: String) throws {
        // The brackets keep the pattern from finding itself in this shell's own line.
        try host.shell("pkill -\(name) -f '[h]awser \(arguments)'")
    }

    /// One value of `inspect`; nil while there is no such container or value.
    func inspect(_ name: String, _ path: String...) throws -> Document {
        let finished = try command(["inspect", name]).run()
        guard finished.succeeded else { return .null }
        return path.reduce(try Document(parsing: finished.text)[0]) { $0[$1] }
    }

    /// The lines a container has written so far.
    func logLines(_ name: String) throws -> [String] {
        try hawser("logs", name).text.split(separator: "\n").map(String.init)
    }

    /// What a container or an attachment would have left on the host.
    func expectNothingLeft() throws {
        #expect(host.list("/var/lib/hawser/containers") == [])
        #expect(host.list("/var/lib/hawser/names").filter { $0 != ".lock" } == [])
        try expectNothingHeld()
    }

    /// What a container that lives, or an attachment, has beside its files.
    func expectNothingHeld() throws {
        let addresses = host.list("/var/lib/cni/networks/bridge").filter { $0.hasPrefix("10.") }
        #expect(addresses == [])
        #expect(host.list("/run/hawser/containers") == [])
        #expect(host.list("/var/lib/cni/results") == [])
        #expect(try host.shell("grep -c ' /var/lib/hawser/containers/' /proc/self/mountinfo || true") == "0\n")
        #expect(try host.shell("ip -brief link show type veth | grep -vc '^uplink' || true") == "0\n")
        #expect(
            try host.shell("ls -d /sys/fs/cgroup/unified/hawser-test-*/*/ 2>/dev/null | grep -c \(group) || true")
                == "0\n")
    }

    private var group: String { "hawser-test-\(host.root.filter { $0.isNumber })/" }
}
