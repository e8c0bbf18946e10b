internal import ArgumentParser
internal import ContainerRunner
internal import JSON
internal import LinuxSystem

/// `hawser ps`.
struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List containers.",
        usage: "hawser ps [--all] [--quiet | --json | --format TEMPLATE] [--filter KEY=VALUE ...]",
        discussion: """
            Filters are id, name, label, status, exited, network, ancestor, before and since; of several with one key any may \
            hold, but every label must. A template has words as {{.ID}}; the words are \(ContainerRow.words.joined(separator: " ")), and \
            "table" before it makes columns.
            """)

    @Flag(name: .shortAndLong, help: "Also those that do not run.")
    var all = false

    @Flag(name: .shortAndLong, help: "Only ids.")
    var quiet = false

    @Flag(help: "Print JSON: everything that inspect shows.")
    var json = false

    @Option(help: "Print each by a template, or json for a JSON object on a line.")
    var format: String?

    @Option(name: .shortAndLong, help: "Only those of which this holds: KEY=VALUE.")
    var filter: [String] = []

    @Flag(help: "Whole ids and commands.")
    var noTrunc = false

    @Option(name: [.customShort("n"), .long], help: "The newest so many, whether they run or not.")
    var last: Int?

    @Flag(name: .shortAndLong, help: "The newest one, whether it runs or not.")
    var latest = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let everyone = try places.runner().containers()
        let filters = try ContainerFilters(filter, among: everyone)
        let count = latest ? 1 : last
        let showsAll = all || count != nil || filters.chooseStates
        var chosen = everyone.filter { (showsAll || $0.isActive) && filters.match($0) }
        if let count, count >= 0 { chosen = Array(chosen.prefix(count)) }
        let now = Clock.realtimeNanoseconds()
        let rows = chosen.map { ContainerRow(container: $0, now: now, isWhole: noTrunc) }
        if json {
            try writeLine(JSONValue.array(chosen.map(\.json)).text(.indented(4, sortedKeys: false)))
        } else if let format {
            try write(rows, format)
        } else if quiet {
            for row in rows { try writeLine(row.id) }
        } else {
            try writeLine(table(rows))
        }
    }

    private static let commandWidth = 40  // characters: a row shall fit a wide terminal

    /// A command on one line; inspect shows all of it.
    static func excerpt(of command: [String]) -> String {
        let text = line(command)
        return text.count <= commandWidth ? text : text.prefix(commandWidth - 1) + "…"
    }

    static func line(_ command: [String]) -> String {
        command.joined(separator: " ").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func write(_ rows: [ContainerRow], _ format: String) throws {
        if format == "json" {
            for row in rows { try writeLine(row.json.text()) }
            return
        }
        let isTable = format == "table" || format.hasPrefix("table ")
        if format == "table" { return try writeLine(table(rows)) }
        let template = try RowTemplate(isTable ? String(format.dropFirst(6)) : format)
        guard isTable else {
            for row in rows { try writeLine(template.text(row)) }
            return
        }
        var table = TextTable(template.header.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        for row in rows {
            table.add(template.text(row).split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
        try writeLine(table.text)
    }

    private func table(_ rows: [ContainerRow]) -> String {
        var table = TextTable(["CONTAINER ID", "NAME", "STATUS", "NETWORK", "ADDRESSES", "PORTS", "COMMAND"])
        for row in rows {
            let asked = row.container.specification
            table.add([
                row.id, asked.name, row.status, asked.network.description,
                row.container.addresses.joined(separator: ","), row.ports, row.command,
            ])
        }
        return table.text
    }
}

/// One container as a row of a table or a template shows it.
struct ContainerRow {
    let container: Container
    let now: Int64
    let isWhole: Bool

    private var asked: ContainerSpecification { container.specification }

    var id: String { isWhole ? asked.id : asked.shortID }
    var status: String { container.status(now: now) }
    var ports: String { asked.ports.map(\.description).joined(separator: ",") }

    var command: String {
        isWhole ? PsCommand.line(asked.command) : PsCommand.excerpt(of: asked.command)
    }

    /// docker's names of what can be shown.
    static let words = [
        "ID", "Names", "Image", "Command", "CreatedAt", "RunningFor", "Ports", "State", "Status", "Labels", "Networks",
        "Mounts",
    ]

    /// What a word stands for; nil when it stands for nothing.
    func value(_ word: String) -> String? {
        switch word {
        case "ID": id
        case "Names": asked.name
        case "Image": asked.imageName ?? ""
        case "Command": command
        case "CreatedAt": Timestamp(nanoseconds: asked.createdAt).description
        case "RunningFor": container.createdAgo(now: now)
        case "Ports": ports
        case "State": container.state.word
        case "Status": status
        case "Labels": asked.life.labels.joined(separator: ",")
        case "Networks": asked.network.description
        case "Mounts": asked.volumes.map(\.description).joined(separator: ",")
        default: nil
        }
    }

    /// The row as a JSON object.
    var json: JSONValue {
        .object(JSONObject(Self.words.map { ($0, .string(value($0) ?? "")) }))
    }
}

/// A template as docker's `--format` takes it, as far as it names members: "{{.ID}}: {{.Names}}".
struct RowTemplate {
    private enum Part {
        case text(String)
        case word(String)
        case label(String)
        case json
    }

    private var parts: [Part] = []

    init(_ template: String) throws {
        var rest = Self.unescaped(template)[...]
        while let start = rest.firstRange(of: "{{") {
            parts.append(.text(String(rest[..<start.lowerBound])))
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else { throw Self.wrong(template) }
            let body = rest[start.upperBound..<end.lowerBound].split(separator: " ").map(String.init)
            parts.append(try Self.part(body, template))
            rest = rest[end.upperBound...]
        }
        parts.append(.text(String(rest)))
    }

    private static func part(_ body: [String], _ template: String) throws -> Part {
        if body == ["json", "."] { return .json }
        if body.count == 2, body[0] == ".Label", body[1].count > 2, body[1].hasPrefix("\""), body[1].hasSuffix("\"") {
            return .label(String(body[1].dropFirst().dropLast()))
        }
        guard body.count == 1, body[0].hasPrefix("."), ContainerRow.words.contains(String(body[0].dropFirst())) else {
            throw wrong(template)
        }
        return .word(String(body[0].dropFirst()))
    }

    private static func wrong(_ template: String) -> RunnerError {
        .invalid(
            option: "--format", value: template,
            expected: "a template of {{.WORD}}, {{.Label \"NAME\"}} and {{json .}}; the words are "
                + ContainerRow.words.joined(separator: ", "))
    }

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "t" || rest.first == "n" {
                result.append(rest.removeFirst() == "t" ? "\t" : "\n")
            } else {
                result.append(character)
            }
        }
        return result
    }

    func text(_ row: ContainerRow) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .word(let word): row.value(word) ?? ""
            case .label(let name): row.container.specification.life.label(name) ?? ""
            case .json: row.json.text()
            }
        }.joined()
    }

    /// The words in capitals, as a table's first row.
    var header: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .word(let word): word == "ID" ? "CONTAINER ID" : word.uppercased()
            case .label(let name): name
            case .json: "JSON"
            }
        }.joined()
    }
}
