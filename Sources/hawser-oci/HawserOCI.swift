internal import LinuxSystem
internal import OCIRuntime

/// Runs containers from OCI bundles, with the command line of runc: for podman, containerd and people who know runc.
@main
enum HawserOCI {
    static func main() {
        StandardStreams.exit(
            OCICommand.run(
                Environment.arguments.dropFirst().map { $0 }, sessionDirectory: Environment.value("XDG_RUNTIME_DIR")))
    }
}
