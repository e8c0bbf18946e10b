internal import CNI
internal import LinuxSystem

/// Keeps requests apart as the specification demands: one at a time for a container, and GC alone in its network.
struct RuntimeLocks: Sendable {
    let directory: String

    /// A plugin is given 120 s; a chain of a few may wait behind another chain.
    private static let patience = 300_000  // milliseconds

    /// Runs `body` while no GC of the network and nothing else on the container runs.
    func withContainer<R>(
        _ containerID: String, network: String, _ body: () throws(RuntimeError) -> R
    ) throws(RuntimeError) -> R {
        let network = try lock(Self.name(network: network), .shared)
        defer { network.keepHeld() }
        return try withContainer(containerID, body)
    }

    /// Runs `body` while nothing else on the container runs; for callers that hold the network.
    func withContainer<R>(_ containerID: String, _ body: () throws(RuntimeError) -> R) throws(RuntimeError) -> R {
        // A fixed number of files: two containers may share one and then wait for each other, which is harmless.
        let container = try lock("container-\(Digest.sha256Hex(containerID, digits: 2)).lock", .exclusive)
        defer { container.keepHeld() }
        return try body()
    }

    /// Runs `body` while nothing else in the network runs.
    func withNetwork<R>(_ network: String, _ body: () throws(RuntimeError) -> R) throws(RuntimeError) -> R {
        let network = try lock(Self.name(network: network), .exclusive)
        defer { network.keepHeld() }
        return try body()
    }

    private static func name(network: String) -> String {
        "network-\(Digest.sha256Hex(network, digits: 16)).lock"
    }

    private func lock(_ name: String, _ kind: FileLock.Kind) throws(RuntimeError) -> FileLock {
        do throws(SystemError) {
            try Files.makeDirectories(directory, mode: 0o755)
            let directory = try Directory.open(directory)
            return try FileLock.acquire(name, in: directory, kind: kind, mode: 0o600, milliseconds: Self.patience)
        } catch {
            throw RuntimeError(
                "\(directory)/\(name)",
                error.errno == .timedOut
                    ? .tryAgainLater("another request holds the lock", details: error.description)
                    : .inputOutput("cannot take the lock", error))
        }
    }
}
