internal import ArgumentParser
internal import ContainerRunner
internal import LinuxSystem

/// Where state, configurations and plugins are; the environment decides what no option does.
struct PlaceOptions: ParsableArguments {
    @Option(help: "Directory of what outlives a reboot. [HAWSER_STATE_DIR; /var/lib/hawser]")
    var stateDir: String?

    @Option(help: "Directory of what does not. [HAWSER_RUN_DIR; /run/hawser]")
    var runDir: String?

    @Option(help: "Directory of network configuration lists. [HAWSER_NETWORK_DIR; /etc/cni/net.d]")
    var networkDir: String?

    @Option(help: "Directories of CNI plugins, separated by colons. [HAWSER_PLUGIN_DIR, CNI_PATH; /opt/cni/bin]")
    var pluginDir: String?

    @Option(help: "Directory of kept attachments, libcni's. [HAWSER_CACHE_DIR; /var/lib/cni]")
    var cacheDir: String?

    @Option(help: ArgumentHelp("Control group above those of the containers. [HAWSER_CGROUP; hawser]"))
    var cgroup: String?

    /// Beside this program in a build, below ../libexec where it is installed.
    private static func standardShim(_ program: String) -> String {
        let directory = Files.split(program).parent
        let beside = directory + "/hawser-shim"
        return Files.exists(beside) ? beside : Files.split(directory).parent + "/libexec/hawser/hawser-shim"
    }

    /// The places as values; nothing below `main` reads the environment.
    func paths() -> RunnerPaths {
        func choose(_ option: String?, _ variables: String..., standard: String) -> String {
            if let option { return option }
            for variable in variables {
                if let value = Environment.value(variable), !value.isEmpty { return value }
            }
            return standard
        }
        let program = (try? Files.realPath("/proc/self/exe")) ?? "/usr/local/bin/hawser"
        var paths = RunnerPaths(
            shim: choose(nil, "HAWSER_SHIM", standard: Self.standardShim(program)), releaseCommand: [])
        paths.stateDirectory = choose(stateDir, "HAWSER_STATE_DIR", standard: paths.stateDirectory)
        paths.runDirectory = choose(runDir, "HAWSER_RUN_DIR", standard: paths.runDirectory)
        paths.networkDirectory = choose(networkDir, "HAWSER_NETWORK_DIR", standard: paths.networkDirectory)
        paths.pluginDirectories =
            choose(pluginDir, "HAWSER_PLUGIN_DIR", "CNI_PATH", standard: "/opt/cni/bin")
            .split(separator: ":").map(String.init)
        paths.cacheDirectory = choose(cacheDir, "HAWSER_CACHE_DIR", standard: paths.cacheDirectory)
        paths.controlGroupParent = choose(cgroup, "HAWSER_CGROUP", standard: paths.controlGroupParent)
        paths.releaseCommand =
            [program, "release", "--state-dir", paths.stateDirectory, "--run-dir", paths.runDirectory]
            + ["--network-dir", paths.networkDirectory, "--cache-dir", paths.cacheDirectory]
            + ["--plugin-dir", paths.pluginDirectories.joined(separator: ":"), "--cgroup", paths.controlGroupParent]
        paths.pluginEnvironment =
            EnvironmentList(Environment.all.filter { !$0.hasPrefix("CNI_") })
            .merging(["HAWSER_STATE_DIR=\(paths.stateDirectory)", "HAWSER_RUN_DIR=\(paths.runDirectory)"]).entries
        return paths
    }

    func runner() -> ContainerRunner {
        ContainerRunner(paths(), notice: { StandardStreams.writeError("hawser: note: \($0)\n") })
    }
}
