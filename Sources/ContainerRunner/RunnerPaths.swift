/// Where the runner finds and keeps things; `main` decides.
public struct RunnerPaths: Hashable, Sendable {
    /// What outlives a reboot: containers, names.
    public var stateDirectory: String
    /// What does not: who holds which container.
    public var runDirectory: String
    /// The network configuration lists.
    public var networkDirectory: String
    /// The plugin directories, in order.
    public var pluginDirectories: [String]
    /// Where results of ADD are kept, in libcni's format.
    public var cacheDirectory: String
    /// The shim's executable.
    public var shim: String
    /// The name of the control group above those of the containers.
    public var controlGroupParent: String
    /// The command that releases a container's networks and state; the container's id follows it.
    public var releaseCommand: [String]

    /// What plugins inherit, as "NAME=value".
    public var pluginEnvironment: [String] = []

    /// The places of an installed system.
    public init(shim: String, releaseCommand: [String]) {
        stateDirectory = "/var/lib/hawser"
        runDirectory = "/run/hawser"
        networkDirectory = "/etc/cni/net.d"
        pluginDirectories = ["/opt/cni/bin"]
        cacheDirectory = "/var/lib/cni"
        controlGroupParent = "hawser"
        self.shim = shim
        self.releaseCommand = releaseCommand
    }

    func state(of id: String) -> String { "\(stateDirectory)/containers/\(id)" }
    func run(of id: String) -> String { "\(runDirectory)/containers/\(id)" }
}
