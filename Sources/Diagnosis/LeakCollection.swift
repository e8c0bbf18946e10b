internal import ContainerImages
public import ContainerRunner
public import JSON

/// Everything that is left over on this host, and its removal.
public struct LeakCollection: Sendable {
    let paths: RunnerPaths

    /// A collection at these places.
    public init(_ paths: RunnerPaths) { self.paths = paths }

    /// What became of leaks.
    public struct Outcome: Sendable {
        /// What is gone.
        public let removed: [Leak]
        /// What is still there.
        public let left: [Leak]
        /// What was said when it could not be removed.
        public let failures: [String]

        /// The outcome as `gc --json` shows it.
        public var json: JSONValue {
            .object(
                JSONObject([
                    ("removed", .array(removed.map(\.json))), ("left", .array(left.map(\.json))),
                    ("failures", .array(failures.map { .string($0) })),
                ]))
        }
    }

    /// All leaks, in the order in which they are removed.
    public func leaks() throws -> [Leak] { try Self.lasting(look) }

    /// What is found twice: a container that ends properly gives everything back before nobody owns it.
    private static func lasting(_ look: () throws -> [Leak]) throws -> [Leak] {
        let first = try look()
        if first.isEmpty { return [] }
        let again = Set(try look())
        return first.filter(again.contains)
    }

    private func look() throws -> [Leak] {
        let images = try ImageStore(stateDirectory: paths.stateDirectory).leftovers()
            .map { Leak(.image, $0, "nobody is loading or removing an image") }
        return try ContainerLeaks(paths).find() + NetworkLeaks(paths).find() + images
    }

    /// Removes the leaks that there are; the answer is what a second look shows.
    public func collect(_ runner: ContainerRunner) throws -> Outcome {
        let before = try leaks()
        if before.isEmpty { return Outcome(removed: [], left: [], failures: []) }
        var failures: [String] = []
        do { try ContainerLeaks(paths).remove(before, runner) } catch { failures.append("\(error)") }
        // What containers held in networks is given back by now, where their networks are still described.
        let networks = try Self.lasting(NetworkLeaks(paths).find)
        failures += NetworkLeaks(paths).remove(networks).map { "\($0)" }
        if before.contains(where: { $0.kind == .image }) {
            do { try ImageStore(stateDirectory: paths.stateDirectory).collect() } catch { failures.append("\(error)") }
        }
        let after = try leaks()
        return Outcome(
            removed: before.filter { !after.contains($0) }, left: before.filter { after.contains($0) },
            failures: failures)
    }
}
