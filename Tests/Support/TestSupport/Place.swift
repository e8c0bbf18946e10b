/// Where a process runs: the namespaces it enters or makes before it is executed.
public struct Place: Sendable {
    /// The mount namespace to enter.
    public var mounts: Descriptor?
    /// The network namespace to enter.
    public var network: Descriptor?
    /// Whether it gets a network and a mount namespace of its own.
    public var isNewHost: Bool

    /// A place; the default is where the test runs.
    public init(mounts: Descriptor? = nil, network: Descriptor? = nil, isNewHost: Bool = false) {
        self.mounts = mounts
        self.network = network
        self.isNewHost = isNewHost
    }
}
