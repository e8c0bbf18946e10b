internal import JSON
internal import LinuxSystem

/// One container's shepherd: makes it, keeps its output, records how it ended, and sees to it that its networks are
/// released.
///
/// It outlives the command that started it.
public struct Shim: ~Copyable {
    /// What a shim is started with: the container's directories, then the command that releases its networks and state.
    public struct Arguments: Hashable, Sendable {
        /// Where the container's plan is, and its output and end are to be.
        public let stateDirectory: String
        /// Where the record of its processes is to be.
        public let runDirectory: String
        /// The program that releases what the container held, with its arguments.
        public let releaseCommand: [String]

        /// The arguments of a shim.
        public init(stateDirectory: String, runDirectory: String, releaseCommand: [String]) {
            self.stateDirectory = stateDirectory
            self.runDirectory = runDirectory
            self.releaseCommand = releaseCommand
        }

        /// Reads a command line, the program's name included; nil when too short.
        public init?(_ line: [String]) {
            guard line.count >= 4 else { return nil }
            self.init(stateDirectory: line[1], runDirectory: line[2], releaseCommand: Array(line[3...]))
        }

        /// The command line without the program's name.
        public var line: [String] { [stateDirectory, runDirectory] + releaseCommand }
    }

    /// The plan's file name in the state directory.
    public static let planFileName = "launch.json"
    static let planLimit = 4 << 20  // bytes: a plan of thousands of volumes

    let arguments: Arguments
    let client: ShimClient

    /// Runs a shim whose standard input is the line to the runner; returns the process's exit status.
    public static func run(_ arguments: Arguments) -> CInt {
        let shim = Shim(
            arguments: arguments, client: ShimClient(MessageSocket(OwnedDescriptor(owning: 0))))
        return shim.live()
    }

    private consuming func live() -> CInt {
        let end = makeAndTend()
        if end == .abandoned { return 0 }
        let record = ExitRecord(code: end.code, endedAt: Clock.realtimeNanoseconds(), reason: end.reason)
        try? Files.replace("\(arguments.stateDirectory)/\(ExitRecord.fileName)", record.json.encoded(), mode: 0o600)
        client.tell(end.ran ? .ended(code: end.code) : .refused(code: end.code, reason: end.reason))
        if client.waitForRelease() { return 0 }
        let released = try? Subprocess.run(
            arguments.releaseCommand[0], arguments: arguments.releaseCommand, environment: Environment.all, input: [],
            outputLimit: 1 << 20, milliseconds: 120_000)
        return released?.status == .exited(0) ? 0 : 1
    }

    /// How the container's life went.
    struct End: Hashable {
        let code: Int
        let ran: Bool
        let reason: String

        /// The runner gave up and has left nothing to do.
        static let abandoned = End(code: 125, ran: false, reason: "abandoned")

        static func ended(_ status: ExitStatus) -> End {
            switch status {
            case .exited(let code): End(code: code, ran: true, reason: "")
            case .signaled(let signal): End(code: 128 + signal, ran: true, reason: "")
            }
        }

        static func refused(_ code: Int, _ reason: String) -> End { End(code: code, ran: false, reason: reason) }
    }

    private borrowing func makeAndTend() -> End {
        do throws(SystemError) {
            try ProcessHandle.becomeShepherd()
            guard let creation = try client.waitForCreation() else { return .refused(125, "the runner is gone") }
            let plan: LaunchPlan
            switch readPlan() {
            case .success(let read): plan = read
            case .failure(let failure): return .refused(125, failure.reason)
            }
            return try tend(plan, creation)
        } catch {
            return .refused(125, error.description)
        }
    }

    private struct PlanFailure: Error { let reason: String }

    private borrowing func readPlan() -> Result<LaunchPlan, PlanFailure> {
        let path = "\(arguments.stateDirectory)/\(Self.planFileName)"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: Self.planLimit)
        } catch {
            return .failure(PlanFailure(reason: error.description))
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
        } catch {
            return .failure(PlanFailure(reason: "\(path): \(error)"))
        }
        do throws(RecordError) {
            return .success(try LaunchPlan(json))
        } catch {
            return .failure(PlanFailure(reason: "\(path): \(error)"))
        }
    }

    private borrowing func tend(_ plan: LaunchPlan, _ creation: consuming ShimClient.Creation) throws(SystemError)
        -> End
    {
        let attached = creation.attached
        var streams = try ContainerStreams.open(
            terminal: plan.terminal, attached: attached, input: creation.takeInput(),
            log: "\(arguments.stateDirectory)/\(OutputLog.fileName)")
        let launched = try plan.launch(
            stateDirectory: arguments.stateDirectory, input: streams.input, output: streams.output, error: streams.error
        )
        streams.closeContainerSide()
        switch try waitUntilReady(launched, &streams) {
        case .go: break
        case .end(let end):
            launched.abandon()
            return end
        }
        // Held open to the end: the path through this process outlives the container's processes.
        let network = try OwnedDescriptor.reading("/proc/\(launched.handle.identifier)/ns/net")
        let path = "/proc/\(ProcessHandle.current)/fd/\(network.rawValue)"
        try record(launched.handle, networkNamespace: path)
        client.tell(.ready(networkNamespace: path, process: launched.handle.identifier))
        switch client.waitForDecision() {
        case .start: break
        case .abandon:
            launched.abandon()
            return .abandoned
        case .gone:
            launched.abandon()
            return .refused(125, "the runner ended before the container was started")
        }
        try launched.control.openGate()
        if let refusal = try refusal(launched) {
            _ = try launched.handle.reap()
            return refusal
        }
        client.tell(.running)
        try streams.relay(until: launched.handle, client)
        let end = End.ended(try launched.handle.reap())
        // Held until here, when its last user is gone.
        _ = network.rawValue
        return end
    }

    private enum Readiness {
        case go
        case end(End)
    }

    private borrowing func waitUntilReady(
        _ launched: borrowing LaunchedProcess, _ streams: inout ContainerStreams
    ) throws(SystemError) -> Readiness {
        let said = try Poll.wait(for: [launched.control.rawDescriptor, client.pollDescriptor])
        if said[1], !said[0], !client.isThere() {
            return .end(.refused(125, "the runner ended before the container was made"))
        }
        guard var report = try launched.control.next() else {
            return .end(.refused(125, "the container's first process ended before it was ready"))
        }
        switch report.event {
        case .ready:
            if let terminal = report.takeTerminal() { streams.setTerminal(terminal) }
            return .go
        case .failed(let error): return .end(.refused(125, error.description))
        case .notExecuted(let command, let errno): return .end(.refused(125, "\(command): \(errno)"))
        case .process, .namespaces: return .end(.refused(125, "an unexpected report"))
        }
    }

    /// Why the command does not run; nil when it does.
    private borrowing func refusal(_ launched: borrowing LaunchedProcess) throws(SystemError) -> End? {
        guard let report = try launched.control.next() else { return nil }
        switch report.event {
        case .notExecuted(let command, let errno):
            return .refused(errno == .noEntry ? 127 : 126, "cannot execute \(command): \(errno)")
        case .failed(let error): return .refused(125, error.description)
        case .ready, .process, .namespaces: return .refused(125, "an unexpected report")
        }
    }

    private borrowing func record(_ first: borrowing ProcessHandle, networkNamespace: String) throws(SystemError) {
        func process(_ identifier: Int32) throws(SystemError) -> LiveRecord.Process {
            LiveRecord.Process(
                identifier: identifier, startTime: try ProcessHandle.startTime(of: identifier) ?? 0)
        }
        let live = LiveRecord(
            shim: try process(ProcessHandle.current), first: try process(first.identifier),
            networkNamespace: networkNamespace, startedAt: Clock.realtimeNanoseconds())
        try Files.replace("\(arguments.runDirectory)/\(LiveRecord.fileName)", live.json.encoded(), mode: 0o600)
    }
}
