internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// The command for people.
struct Hawser: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hawser",
        abstract: "Containers on this host, and the networks they are moored to.",
        discussion: """
            A container runs on this host's own programs: no image is needed. It sees /usr, /opt and /etc without \
            what only root may read, and writes into a private layer. Networks are attached by executing CNI plugins.

            Every command finds its state, networks and plugins at the places that --help-hidden lists; each has an \
            option and a variable, as --plugin-dir and HAWSER_PLUGIN_DIR.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, PsCommand.self, ExecCommand.self, LogsCommand.self, StopCommand.self, RmCommand.self,
            InspectCommand.self, NetCommand.self, ReleaseCommand.self,
        ])
}

@main
enum Main {
    static func main() {
        var command: any ParsableCommand
        do {
            command = try Hawser.parseAsRoot()
        } catch {
            exit(parsing: error)
        }
        do {
            try command.run()
        } catch let error as RunnerError {
            StandardStreams.writeError("hawser: \(error)\n")
            StandardStreams.exit(error.exitCode)
        } catch let end as ExitCode {
            StandardStreams.exit(end.rawValue)
        } catch {
            Hawser.exit(withError: error)
        }
        StandardStreams.exit(0)
    }

    /// Help and version end well; a wrong command line of `run` and `exec` ends with docker's 125.
    private static func exit(parsing error: any Error) -> Never {
        let runs = ["run", "exec"].contains(CommandLine.arguments.dropFirst().first)
        guard runs, Hawser.exitCode(for: error) != .success else { Hawser.exit(withError: error) }
        StandardStreams.writeError(Hawser.fullMessage(for: error) + "\n")
        StandardStreams.exit(125)
    }
}
