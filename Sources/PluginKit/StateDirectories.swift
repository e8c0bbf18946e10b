public import CNI

/// Where the plugins of one host keep what they know: docs/state-on-disk.md.
public struct StateDirectories: Hashable, Sendable {
    /// Attachment records and IPAM's index; outlives a reboot, `/var/lib/hawser` by default.
    public var state: String
    /// Locks; empty after a reboot, `/run/hawser` by default.
    public var run: String

    /// The given directories.
    public init(state: String = "/var/lib/hawser", run: String = "/run/hawser") {
        self.state = state
        self.run = run
    }

    /// Those that HAWSER_STATE_DIR and HAWSER_RUN_DIR name, so that tests and labs run side by side.
    public init(_ context: PluginContext) {
        self.init()
        if let state = context.variable("HAWSER_STATE_DIR"), !state.isEmpty { self.state = state }
        if let run = context.variable("HAWSER_RUN_DIR"), !run.isEmpty { self.run = run }
    }

    /// The attachment records' directory.
    public var attachments: String { "\(state)/attachments" }
    /// IPAM's index of reservations.
    public var ipam: String { "\(state)/ipam" }
}
