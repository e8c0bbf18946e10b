import TestSupport
import Testing

/// A host of its own with the command under test.
struct RunningHost {
    let host: TestHost

    static let hawser = "\(PluginDirectory.repository)/.build/debug/hawser"

    /// Makes a host whose network "bridge" is served by the plugins under test, and lends it.
    static func with(_ body: (RunningHost) throws -> Void) throws {
        try withTestHost(processes: true) { host in
            try host.write(
                """
                {"cniVersion": "1.1.0", "name": "bridge", "plugins": [
                    {"type": "bridge", "bridge": "moor0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
                     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/24"}]],
                              "routes": [{"dst": "0.0.0.0/0"}]}},
                    {"type": "portmap", "capabilities": {"portMappings": true}}]}
                """, to: "/etc/cni/net.d/10-bridge.conflist")
            try body(RunningHost(host: host))
        }
    }

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

    /// What a container or an attachment would have left on the host.
    func expectNothingLeft() throws {
        #expect(host.list("/var/lib/hawser/containers") == [])
        #expect(host.list("/var/lib/hawser/names").filter { $0 != ".lock" } == [])
        #expect(host.list("/run/hawser/containers") == [])
        #expect(host.list("/var/lib/cni/results") == [])
        #expect(try host.shell("ip -brief link show type veth | grep -vc '^uplink' || true") == "0\n")
        #expect(
            try host.shell("ls -d /sys/fs/cgroup/unified/hawser-test-*/*/ 2>/dev/null | grep -c \(group) || true")
                == "0\n")
    }

    private var group: String { "hawser-test-\(host.root.filter { $0.isNumber })/" }
}
