internal import JSON
internal import LinuxSystem

/// One command line, from its words to its exit status.
public enum OCICommand {
    /// Runs it and answers the exit status: 1 for every failure of ours, else what the verb gives.
    ///
    /// `sessionDirectory` is where a user who is not root keeps running things, `listeners` how many sockets the caller hands
    /// on behind the standard streams (LISTEN_FDS of sd_listen_fds(3)).
    public static func run(_ words: [String], sessionDirectory: String?, listeners: String?) -> CInt {
        do throws(SystemError) {
            try StandardStreams.ensureOpen()
        } catch {
            return 1
        }
        let options: ParsedOptions
        do throws(OCIError) {
            options = try ParsedOptions(words, CommandText.global, stopsAtArgument: true)
        } catch {
            return misused(error.description, nil)
        }
        let runtime: Runtime
        do throws(OCIError) {
            runtime = try Runtime(options, sessionDirectory: sessionDirectory, listeners: listeners)
        } catch {
            return misused(error.description, nil)
        }
        do throws(OCIError) {
            return try perform(options, runtime)
        } catch {
            runtime.log.write(.error, error.description)
            return 1
        }
    }

    private static func misused(_ problem: String, _ verb: Verb?) -> CInt {
        let help = verb.map { "hawser-oci \($0.rawValue) --help" } ?? "hawser-oci --help"
        StandardStreams.writeError("\(problem)\n\(help) tells what can be written\n")
        return 1
    }

    private static func perform(_ global: ParsedOptions, _ runtime: Runtime) throws(OCIError) -> CInt {
        if global.has("version") { return try say(CommandText.version) }
        guard !global.has("help"), let name = global.arguments.first, name != "help" else {
            return try say(CommandText.help)
        }
        guard let verb = Verb(rawValue: name) else { throw .usage("unknown verb \(name)") }
        let rest = Array(global.arguments.dropFirst())
        let known = verb.options + [OptionDescription("help", short: "h", "")]
        let options = try ParsedOptions(rest, known, stopsAtArgument: verb.stopsAtArgument)
        if options.has("help") { return try say(CommandText.help(verb)) }
        guard verb.argumentCount.contains(options.arguments.count) else {
            throw .usage("usage: hawser-oci \(name) [OPTION...] \(verb.arguments)")
        }
        if let id = options.arguments.first { try StateStore.check(id) }
        return try runtime.perform(verb, options)
    }

    static func say(_ text: String) throws(OCIError) -> CInt {
        try attempting("") { () throws(SystemError) in try StandardStreams.writeOutput(Array(text.utf8)) }
        return 0
    }
}
