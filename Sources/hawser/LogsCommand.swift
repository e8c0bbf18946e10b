internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// `hawser logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a container wrote.",
        usage: "hawser logs [--follow] [--timestamps] [--tail LINES] [--since TIME] [--until TIME] CONTAINER",
        discussion: """
            TIME is a date, as 2026-01-31 or 2026-01-31T12:00:00Z, seconds since 1970, or how long ago, as 10m or 1h30m.
            """)

    @Flag(name: .shortAndLong, help: "Go on until the container ends.")
    var follow = false

    @Flag(name: .shortAndLong, help: "Begin each line with its time.")
    var timestamps = false

    @Option(name: [.customShort("n"), .long], help: "Only the last so many lines, or all. [all]")
    var tail: String?

    @Option(help: "Nothing that was written before TIME.")
    var since: String?

    @Option(help: "Nothing that was written after TIME.")
    var until: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "The container.", completion: Completions.containers)
    var container: String

    func run() throws {
        let runner = places.runner()
        let now = Clock.realtimeNanoseconds()
        var selection = ContainerLog.Selection()
        selection.since = try since.map { try LogTime(option: "--since", $0, now: now) }
        selection.until = try until.map { try LogTime(option: "--until", $0, now: now) }
        if let tail, tail != "all" {
            guard let count = Int(tail) else {
                throw RunnerError.invalid(option: "--tail", value: tail, expected: "a number of lines, or all")
            }
            selection.tail = count < 0 ? nil : count
        }
        let (log, found) = try runner.log(of: container, selection, withTimes: timestamps)
        let id = found.specification.id
        try log.read(selection, following: follow, isOver: { runner.hasEnded(id) }) { entry in
            let prefix = timestamps && entry.beginsLine ? Array("\(entry.time) ".utf8) : []
            let bytes = prefix + entry.bytes
            return Streams.write(bytes, count: bytes.count, to: entry.isError ? 2 : 1)
        }
    }
}
