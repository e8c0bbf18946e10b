/// Where a runtime finds plugins and keeps what it must remember; every path can be another one.
public struct RuntimeSettings: Hashable, Sendable {
    /// The directories of plugins, in the order of search.
    public var pluginPath: [String]
    /// The directory of network configurations.
    public var configurationDirectory: String
    /// The directory of kept attachments; libcni's, so that other tools see ours and we theirs.
    public var cacheDirectory: String
    /// The directory of locks, which need not outlive a reboot.
    public var lockDirectory: String
    /// What plugins inherit as `NAME=value`, besides the CNI variables.
    public var environment: [String]

    /// The paths that runtimes have agreed on.
    public init(
        pluginPath: [String] = ["/opt/cni/bin"], configurationDirectory: String = "/etc/cni/net.d",
        cacheDirectory: String = "/var/lib/cni", lockDirectory: String = "/run/hawser/locks", environment: [String] = []
    ) {
        self.pluginPath = pluginPath
        self.configurationDirectory = configurationDirectory
        self.cacheDirectory = cacheDirectory
        self.lockDirectory = lockDirectory
        self.environment = environment
    }
}
