import Foundation
import Glibc
import Synchronization

/// A host of its own: a network and a mount namespace with private state directories, a link to an outside namespace,
/// and as many container namespaces as a test asks for.
///
/// Everything hangs on one process that ends when its standard input closes: when the test ends, however it ends, the
/// kernel takes the namespaces with all their links, rules and files. Nothing outside carries a name of it, so any
/// number of hosts live side by side.
public final class TestHost: Sendable {
    /// The host's own place.
    public let place: Place
    /// The namespace beyond the uplink: 198.51.100.2/24 and 2001:db8:1::2/64.
    public let outside: Container
    /// Path of the host's root directory, as this process sees it.
    public let root: String

    private let holder: Running
    private let ownsProcesses: Bool
    // Guards the pipe whose end ends the host.
    private let lifeline: Mutex<Descriptor?>

    /// The host's address on its uplink.
    public static let uplinkAddress = "198.51.100.1"
    /// The outside namespace's address on that link.
    public static let outsideAddress = "198.51.100.2"

    /// Sets up the mounts and the uplink, says so, and lives until nobody holds its standard input.
    private static let script = #"""
        set -e
        if [ $$ = 1 ]; then mount -t proc proc /proc; fi
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir -p /run/netns /run/lock /run/cni
        for top in etc opt var; do
            mkdir -p /run/.overlay/$top/upper /run/.overlay/$top/work
            mount -t overlay -o lowerdir=/$top,upperdir=/run/.overlay/$top/upper,workdir=/run/.overlay/$top/work overlay /$top
        done
        for state in /var/lib/cni /var/lib/hawser /run/hawser /run/cni /etc/cni; do
            mkdir -p $state
            mount -t tmpfs -o mode=755 tmpfs $state
        done
        mkdir -p /etc/cni/net.d
        mkdir /run/.cgroup
        mount --rbind /sys/fs/cgroup /run/.cgroup
        mount -t sysfs sysfs /sys
        mount --rbind /run/.cgroup /sys/fs/cgroup
        ip netns add outside
        ip -batch - <<end
        link set lo up
        link add uplink type veth peer name eth0 netns outside
        address add 198.51.100.1/24 dev uplink
        address add 2001:db8:1::1/64 dev uplink nodad
        link set uplink addrgenmode none up
        route add default via 198.51.100.2
        route add default via 2001:db8:1::2
        end
        ip -netns outside -batch - <<end
        link set lo up
        address add 198.51.100.2/24 dev eth0
        address add 2001:db8:1::2/64 dev eth0 nodad
        link set eth0 addrgenmode none up
        end
        echo ready
        # As process 1 the shell reaps what daemons leave behind, while it waits.
        if [ $$ = 1 ]; then cat; exit 0; fi
        exec cat
        """#

    private init(
        place: Place, outside: Container, root: String, holder: Running, lifeline: Descriptor, ownsProcesses: Bool
    ) {
        self.place = place
        self.outside = outside
        self.root = root
        self.holder = holder
        self.ownsProcesses = ownsProcesses
        self.lifeline = Mutex(lifeline)
    }

    /// Makes a host; prefer `withTestHost`, which also ends it.
    ///
    /// `processes`: it also gets a process namespace, for daemons that outlive the command that started them; they end
    /// with the host.
    public static func start(processes: Bool = false) throws -> TestHost {
        guard Privilege.isRoot else { throw TestFailure("making a host needs root") }
        let (reading, writing) = try Descriptor.pipe()
        let (ready, output) = try Descriptor.pipe()
        let errors = try Streams.anonymousFile()
        let shell = ["/bin/sh", "-c", script]
        let line = processes ? ["/usr/bin/unshare", "--pid", "--fork", "--kill-child"] + shell : shell
        let command = Command(
            line[0], Array(line.dropFirst()), place: Place(isNewHost: true), timeout: .seconds(10))
        let holder = try command.start(with: Streams(input: reading, output: output, errorOutput: errors))
        let said = try ready.read(deadline: Deadline(in: .seconds(30))) { $0.contains(10) }
        guard said == Array("ready\n".utf8) else {
            throw TestFailure("host not made: \(String(decoding: try errors.contents(), as: UTF8.self))")
        }
        let root = "/proc/\(holder.process)/root"
        let mounts = try Descriptor(opening: "/proc/\(holder.process)/ns/mnt")
        let place = Place(mounts: mounts, network: try Descriptor(opening: "/proc/\(holder.process)/ns/net"))
        let outside = try Container(name: "outside", root: root, mounts: mounts)
        return TestHost(
            place: place, outside: outside, root: root, holder: holder, lifeline: writing, ownsProcesses: processes)
    }

    /// Ends the host; its namespaces go when the last process in them has ended.
    public func end() throws {
        lifeline.withLock { $0 = nil }
        try holder.end()
    }

    /// Makes a container's namespace: lo down, nothing else.
    public func makeContainer(_ name: String) throws -> Container {
        try run("ip", "netns", "add", name)
        return try Container(name: name, root: root, mounts: place.mounts)
    }

    /// Lets go of a container's namespace, as a runtime does when the container ended.
    public func removeContainer(_ container: consuming Container) throws {
        try run("ip", "netns", "delete", container.name)
    }

    /// Runs a program on the host or in a container, and throws unless it succeeds.
    @discardableResult
    public func run(_ program: String, _ arguments: String..., in container: Container? = nil) throws -> String {
        try command(program, arguments, in: container).run().orThrow().text
    }

    /// Runs a shell script on the host or in a container, and throws unless it succeeds.
    @discardableResult
    public func shell(_ script: String, in container: Container? = nil) throws -> String {
        try command("/bin/sh", ["-ec", script], in: container).run().orThrow().text
    }

    /// A command to be run on the host or in a container, among the host's processes.
    public func command(
        _ program: String, _ arguments: [String], in container: Container? = nil,
        environment: [String: String] = Command.defaultEnvironment
    ) -> Command {
        let line = ownsProcesses ? ["/usr/bin/nsenter", "--pid=/proc/1/ns/pid", "--", program] : [program]
        return Command(
            line[0], line.dropFirst() + arguments, environment: environment, place: container?.place ?? place)
    }

    /// The network namespace of a process of the host, as the host numbers it.
    public func networkNamespace(ofProcess process: Int) throws -> Place {
        Place(mounts: place.mounts, network: try Descriptor(opening: "\(root)/proc/\(process)/ns/net"))
    }

    /// Writes a file of the host, with its directories.
    public func write(_ text: String, to path: String) throws {
        let url = URL(filePath: root + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Foundation.Data(text.utf8).write(to: url)
    }

    /// Reads a file of the host; nil where there is none.
    public func read(_ path: String) -> String? {
        (try? Foundation.Data(contentsOf: URL(filePath: root + path))).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Names in a directory of the host, sorted; none where there is no directory.
    public func list(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root + path)) ?? []).sorted()
    }
}

/// Makes a host, lends it, and ends it.
public func withTestHost<R>(processes: Bool = false, _ body: (TestHost) throws -> R) throws -> R {
    let host = try TestHost.start(processes: processes)
    let result = Result { try body(host) }
    try host.end()
    return try result.get()
}
