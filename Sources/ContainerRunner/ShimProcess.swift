internal import ContainerShim
internal import LinuxSystem

/// A shim that this process started, and the line to it.
struct ShimProcess: ~Copyable {
    let line: ShimLine
    let process: Int32
    // Open until the shim has read its file, which a script's interpreter does after this process has gone on.
    private let sealed: OwnedDescriptor

    /// Starts a container's shim; the container's output comes here when `attached`.
    static func start(
        _ arguments: Shim.Arguments, executable: String, attached: Bool
    ) throws(RunnerError) -> ShimProcess {
        try during("starting \(executable)") { () throws(SystemError) in
            var pair = try MessageSocket.pair()
            guard let there = pair.takeThere(), let here = pair.takeHere() else {
                preconditionFailure("a fresh pair has both ends")
            }
            // What runs in the container reaches the shim's file through its init's /proc/PID/exe.
            let sealed = try SealedExecutable.open(executable)
            let process = try Subprocess.start(
                "/proc/\(ProcessHandle.current)/fd/\(sealed.rawValue)", arguments: [executable] + arguments.line,
                environment: Environment.all,
                input: there.rawDescriptor, output: -1, error: -1)
            let shim = ShimProcess(line: ShimLine(here), process: process, sealed: sealed)
            shim.line.ask(.create(attached: attached))
            _ = there.rawDescriptor
            return shim
        }
    }

    private init(line: consuming ShimLine, process: Int32, sealed: consuming OwnedDescriptor) {
        self.line = line
        self.sealed = sealed
        self.process = process
    }

    /// Waits for the shim's own end.
    borrowing func reap() { _ = try? ProcessHandle.reap(process) }
}
