internal import ArgumentParser
internal import CNI
internal import ContainerRunner
internal import LinuxSystem
internal import PluginFirewall
internal import PluginKit

/// `hawser net restore`.
struct NetRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put back the packet filter's part of every attachment, after `nft flush ruleset`.",
        usage: "hawser net restore")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let paths = places.paths()
        let directories = StateDirectories(state: paths.stateDirectory, run: paths.runDirectory)
        var count = 0
        try withPortsHeld(directories) { (firewall) throws(FirewallError) in
            count = try firewall.restore(from: RecordStore(root: directories.attachments))
        }
        try writeLine("\(count) attachment\(count == 1 ? "" : "s") restored")
    }
}

/// Runs with a connection to nf_tables while no plugin publishes or withdraws ports.
func withPortsHeld(
    _ directories: StateDirectories, _ body: (inout Firewall) throws(FirewallError) -> Void
) throws {
    let lock = try PortLock.acquire(directories)
    // The process lives on for a moment only, but nobody waits for it: it bears the kernel's wait itself.
    try withFirewall(waiting: true, claims: .counted, body)
    lock.keepHeld()
}
