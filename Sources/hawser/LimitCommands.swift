internal import ArgumentParser
internal import ContainerRunner

/// `hawser update`.
struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change what containers may use.",
        usage: "hawser update [OPTIONS] CONTAINER ...",
        discussion: "A container that runs is changed at once, another from its next start on; -1 lifts a limit.")

    @OptionGroup
    var limits: LimitOptions

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.containers)
    var containers: [String]

    func validate() throws {
        if limits.request.isEmpty { throw ValidationError("say which limit is to change; see hawser update --help") }
    }

    func run() throws {
        let runner = places.runner()
        try forEach(containers) { try runner.update($0, limits.request) }
    }
}

/// `hawser pause`.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop all processes of containers where they are.",
        usage: "hawser pause CONTAINER ...")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.running)
    var containers: [String]

    func run() throws {
        let runner = places.runner()
        try forEach(containers) { try runner.pause($0) }
    }
}

/// `hawser unpause`.
struct UnpauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Let paused containers go on.", usage: "hawser unpause CONTAINER ...")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.running)
    var containers: [String]

    func run() throws {
        let runner = places.runner()
        try forEach(containers) { try runner.unpause($0) }
    }
}
