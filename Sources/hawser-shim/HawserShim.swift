internal import ContainerShim
internal import LinuxSystem

/// One container's shepherd, started by `hawser run`; nobody starts it by hand.
@main
enum HawserShim {
    static func main() {
        guard let arguments = Shim.Arguments(Environment.arguments) else {
            StandardStreams.writeError("hawser-shim is started by hawser run\n")
            StandardStreams.exit(125)
        }
        // It is executed by a path that ends in a number.
        ProcessHandle.setName("hawser-shim")
        StandardStreams.exit(Shim.run(arguments))
    }
}
