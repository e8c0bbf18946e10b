internal import LinuxSystem

extension Plugin {
    /// Serves the request that this process was started for, and ends the process.
    public static func main() {
        // Without /dev/null nothing is lost but this care.
        try? StandardStreams.ensureOpen()
        StandardStreams.installTrapReport()
        Memory.keepFreed()
        let process = PluginProcess(
            environment: Environment.all,
            readInput: { (limit: Int) throws(SystemError) in try StandardStreams.readInput(limit: limit) },
            isOwnNamespace: { (path: String) throws(SystemError) in try NamespaceRule.isOwn(path) })
        let answer = process.run(Self.self)
        if !answer.diagnostics.isEmpty { StandardStreams.writeError(answer.diagnostics) }
        do throws(SystemError) {
            try StandardStreams.writeOutput(answer.output)
        } catch {
            StandardStreams.writeError("cannot print the answer: \(error)\n")
            StandardStreams.exit(1)
        }
        StandardStreams.exit(answer.status)
    }
}
