internal import Addressing
internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// `hawser cp`.
struct CpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files and directories into a container or out of it.",
        usage: "hawser cp [--archive] [--follow-link] (CONTAINER:PATH PATH | PATH CONTAINER:PATH)",
        discussion: """
            A directory whose path ends in /. stands for what is in it. Copies belong to root; devices, sockets and the \
            kernel's file systems are left out. The container need not run.
            """)

    @Flag(name: .shortAndLong, help: "Keep owners and set-id bits.")
    var archive = false

    @Flag(name: [.customShort("L"), .long], help: "Copy what a link leads to, instead of the link.")
    var followLink = false

    @Flag(name: .shortAndLong, help: "Say nothing of what was copied.")
    var quiet = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "What to copy.", completion: .file())
    var source: String

    @Argument(help: "Where to.", completion: .file())
    var target: String

    func run() throws {
        var wishes = ContainerRunner.CopyWishes()
        wishes.keepsOwners = archive
        wishes.followsLinks = followLink
        let copied = try places.runner().copy(CopyEnd(source), to: CopyEnd(target), wishes)
        if quiet { return }
        let rest = copied.leftOut == 0 ? "" : "; \(copied.leftOut) devices, sockets or kernel file systems left out"
        StandardStreams.writeError("\(copied.files) files, \(copied.bytes.readable), copied to \(target)\(rest)\n")
    }
}

/// `hawser top`.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "List the processes of a container, as the host numbers them.",
        usage: "hawser top CONTAINER")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "The container.", completion: Completions.running)
    var container: String

    func run() throws {
        var table = TextTable(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"])
        for process in try places.runner().processes(of: container) {
            table.add([
                String(process.user), String(process.identifier), String(process.parent), String(process.usage),
                process.started, process.terminal, process.time, process.command,
            ])
        }
        try writeLine(table.text)
    }
}

/// `hawser rename`.
struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a container another name.", usage: "hawser rename CONTAINER NAME")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Its name or id.", completion: Completions.containers)
    var container: String

    @Argument(help: "The new name.")
    var name: String

    func run() throws { try places.runner().rename(container, to: name) }
}

/// `hawser port`.
struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Say where a container's ports are published.",
        usage: "hawser port CONTAINER [PORT[/tcp|udp|sctp]]")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Its name or id.", completion: Completions.containers)
    var container: String

    @Argument(help: "One of its ports.")
    var port: String?

    func run() throws {
        let asked = try places.runner().container(container).specification
        let lines = asked.ports.flatMap { mapping in
            (0..<UInt16(mapping.count)).map { index in
                let host = mapping.hostAddress.map(\.description) ?? "0.0.0.0"
                let place = host.contains(":") ? "[\(host)]" : host
                return (
                    "\(mapping.containerPort + index)/\(mapping.transport.rawValue)",
                    "\(place):\(mapping.hostPort + index)"
                )
            }
        }
        guard let port else {
            for (inside, outside) in lines { try writeLine("\(inside) -> \(outside)") }
            return
        }
        let wanted = port.contains("/") ? port : port + "/tcp"
        let found = lines.filter { $0.0 == wanted }
        guard !found.isEmpty else {
            throw RunnerError.container(asked.name, "port \(wanted) is not published")
        }
        for (_, outside) in found { try writeLine(outside) }
    }
}

/// `hawser prune`.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that do not run, with their logs and what they wrote.",
        usage: "hawser prune [--force] [--filter (label=NAME[=VALUE] | until=TIME)]")

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Option(help: "Only those with a label, or made before a time: label=NAME[=VALUE], until=TIME.")
    var filter: [String] = []

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let now = Clock.realtimeNanoseconds()
        var filters = try ContainerFilters(filter.filter { !$0.hasPrefix("until=") })
        if let until = filter.last(where: { $0.hasPrefix("until=") }) {
            filters.limit(createdBefore: try LogTime(option: "--filter until", String(until.dropFirst(6)), now: now))
        }
        guard try force || isSure() else { return }
        let removed = try places.runner().prune(filters)
        if !removed.ids.isEmpty {
            try writeLine("Deleted Containers:")
            for id in removed.ids { try writeLine(id) }
            try StandardStreams.writeOutput([10])
        }
        try writeLine("Total reclaimed space: \(removed.bytes.readable)")
    }

    private func isSure() throws -> Bool {
        StandardStreams.writeError(
            "This removes all containers that do not run, with what they wrote. Are you sure? [y/N] ")
        var answer = [UInt8](repeating: 0, count: 64)
        let count = try Streams.readSome(from: 0, into: &answer) ?? 0
        let word = String(decoding: answer[0..<count], as: UTF8.self).split(whereSeparator: \.isWhitespace).first
        return ["y", "yes"].contains(word?.lowercased() ?? "")
    }
}

extension Int64 {
    /// A number of bytes as docker writes it: "1.5MB".
    var readable: String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(self)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return "\(self)B" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)\(units[unit])" : "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }
}
