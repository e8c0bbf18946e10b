internal import ArgumentParser
internal import ContainerRunner
internal import Diagnosis
internal import JSON
internal import LinuxSystem

/// `hawser doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine can and cannot do for containers, and what was left over.",
        usage: "hawser doctor [--json]",
        discussion: "The exit status is 1 when something is left over that `hawser gc` would remove, else 0.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let findings = Examination(places.paths()).findings()
        let leaks = try LeakCollection(places.paths()).leaks()
        if json {
            let document = JSONObject([
                ("findings", .array(findings.map(\.json))), ("leaks", .array(leaks.map(\.json))),
            ])
            try writeLine(JSONValue.object(document).text(.indented(4, sortedKeys: false)))
        } else {
            try writeLine(Self.table(findings) + "\n" + (leaks.isEmpty ? "nothing is left over\n" : leakTable(leaks)))
        }
        if !leaks.isEmpty { throw ExitCode(1) }
    }

    private static func table(_ findings: [Finding]) -> String {
        var table = TextTable(["STATE", "SUBJECT", "WHY"])
        for finding in findings {
            table.add([finding.state.rawValue, finding.subject, finding.reason])
            if !finding.remedy.isEmpty { table.add(["", "", "→ \(finding.remedy)"]) }
        }
        return table.text
    }
}

/// `hawser gc`.
struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what `hawser doctor` finds left over.",
        usage: "hawser gc [--dry-run] [--json]",
        discussion: """
            Containers that run, or are being made, are not touched. The exit status is 1 when something could not be removed.
            """)

    @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Only say what would be removed.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let collection = LeakCollection(places.paths())
        if dryRun {
            let leaks = try collection.leaks()
            if json { return try writeLine(JSONValue.array(leaks.map(\.json)).text(.indented(4, sortedKeys: false))) }
            return try writeLine(leaks.isEmpty ? "nothing is left over\n" : leakTable(leaks))
        }
        let outcome = try collection.collect(places.runner())
        if json {
            try writeLine(outcome.json.text(.indented(4, sortedKeys: false)))
        } else {
            for leak in outcome.removed { try writeLine("removed \(leak.kind.rawValue) \(leak.subject)") }
            for leak in outcome.left {
                StandardStreams.writeError("hawser: still there: \(leak.kind.rawValue) \(leak.subject)\n")
            }
            for failure in outcome.failures { StandardStreams.writeError("hawser: \(failure)\n") }
        }
        if !outcome.left.isEmpty { throw ExitCode(1) }
    }
}

private func leakTable(_ leaks: [Leak]) -> String {
    var table = TextTable(["LEFT OVER", "WHAT", "WHY"])
    for leak in leaks { table.add([leak.kind.rawValue, leak.subject, leak.reason]) }
    return table.text
}
