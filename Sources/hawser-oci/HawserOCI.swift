internal import LinuxSystem
internal import OCIRuntime

/// Runs containers from OCI bundles, with the command line of runc: for podman, containerd and people who know runc.
@main
enum HawserOCI {
    /// What is executed in a container could write to this program's file through /proc/PID/exe.
    private static func seal() {
        guard !Environment.arguments.filter({ ["create", "run", "exec"].contains($0) }).isEmpty else { return }
        do throws(SystemError) {
            try SealedExecutable.seal()
        } catch {
            StandardStreams.writeError("hawser-oci: warning: this program's file is not protected: \(error)\n")
        }
    }

    static func main() {
        seal()
        StandardStreams.exit(
            OCICommand.run(
                Environment.arguments.dropFirst().map { $0 }, sessionDirectory: Environment.value("XDG_RUNTIME_DIR"),
                listeners: Environment.value("LISTEN_FDS")))
    }
}
