internal import ArgumentParser
internal import ContainerRunner
internal import JSON
internal import LinuxSystem

/// `hawser stats`.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what containers use, once a second.",
        usage: "hawser stats [--no-stream] [--json] [CONTAINER ...]",
        discussion: """
            Without names, all that run. Memory is what the container's control group counts, or without one for memory \
            what its processes have; "--" is what this machine does not count for a container (docs/limits.md).
            """)

    @Flag(help: "Show it once.")
    var noStream = false

    @Flag(help: "Print JSON, an array a line.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.running)
    var containers: [String] = []

    private static let interval = 1000  // milliseconds
    private static let clearScreen = "\u{1B}[H\u{1B}[2J"

    func run() throws {
        let runner = places.runner()
        var before = try runner.samples(of: containers)
        repeat {
            // Nothing tells when processor time is used: two looks are needed to know how fast.
            _ = try Poll.wait(for: [], milliseconds: Self.interval)
            let now = try samples(runner)
            if !containers.isEmpty, now.isEmpty { return }
            let statistics = now.map { sample in
                ContainerStatistics(sample, since: before.first { $0.id == sample.id })
            }
            guard show(statistics) else { return }
            before = now
        } while !noStream
    }

    /// The containers that were named and still run, or all.
    private func samples(_ runner: ContainerRunner) throws -> [ContainerSample] {
        if containers.isEmpty { return try runner.samples(of: []) }
        return try containers.flatMap { name in
            do {
                return try runner.samples(of: [name])
            } catch RunnerError.notRunning, RunnerError.noSuchContainer {
                return []
            }
        }
    }

    /// Prints it; false when nobody reads any more.
    private func show(_ statistics: [ContainerStatistics]) -> Bool {
        var text = ""
        if json {
            text = JSONValue.array(statistics.map(\.json)).text() + "\n"
        } else {
            var table = TextTable(ContainerStatistics.headings)
            for row in statistics { table.add(row.cells) }
            text = (!noStream && Terminal.isTerminal(1) ? Self.clearScreen : "") + table.text
        }
        let bytes = Array(text.utf8)
        return Streams.write(bytes, count: bytes.count, to: 1)
    }
}
