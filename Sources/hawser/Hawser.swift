internal import ArgumentParser
internal import ContainerImages
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

            Every command looks for plugins in /opt/cni/bin (--plugin-dir, HAWSER_PLUGIN_DIR or CNI_PATH) and for networks \
            in /etc/cni/net.d (--network-dir, HAWSER_NETWORK_DIR); it keeps containers in /var/lib/hawser (--state-dir, \
            HAWSER_STATE_DIR) and /run/hawser (--run-dir, HAWSER_RUN_DIR), attachments in /var/lib/cni (--cache-dir, \
            HAWSER_CACHE_DIR), and processes below the control group hawser (--cgroup, HAWSER_CGROUP).
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, PsCommand.self, ExecCommand.self, LogsCommand.self, StopCommand.self, RmCommand.self,
            InspectCommand.self, ImageCommand.self, NetCommand.self, ReleaseCommand.self,
            UpdateCommand.self, PauseCommand.self, UnpauseCommand.self, StatsCommand.self, EnterCommand.self,
            NamespaceCommand.self, DoctorCommand.self, CollectCommand.self,
        ] + lifeCommands)
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
            if !ProcessHandle.isRoot { StandardStreams.writeError("hawser: note: it works as root only\n") }
            StandardStreams.exit(error.exitCode)
        } catch let error as ImageError {
            StandardStreams.writeError("hawser: \(error)\n")
            StandardStreams.exit(command is RunCommand ? 125 : 1)
        } catch let end as ExitCode {
            StandardStreams.exit(end.rawValue)
        } catch {
            Hawser.exit(withError: error)
        }
        StandardStreams.exit(0)
    }

    /// Help and version end well; a wrong command line of `run`, `exec` and `enter` ends with docker's 125.
    private static func exit(parsing error: any Error) -> Never {
        let runs = ["run", "exec", "enter", "create"].contains(CommandLine.arguments.dropFirst().first)
        guard runs, Hawser.exitCode(for: error) != .success else { Hawser.exit(withError: error) }
        StandardStreams.writeError(Hawser.fullMessage(for: error) + "\n")
        StandardStreams.exit(125)
    }
}
