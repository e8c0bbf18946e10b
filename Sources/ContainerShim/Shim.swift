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
    /// The name of its socket in the runtime directory.
    public static let socketName = "shim.sock"
    static let planLimit = 4 << 20  // bytes: a plan of thousands of volumes

    let arguments: Arguments
    let creator: ShimConnection

    /// Runs a shim whose standard input is the line to the runner; returns the process's exit status.
    public static func run(_ arguments: Arguments) -> CInt {
        let line = ShimConnection(MessageSocket(OwnedDescriptor(owning: 0)), isCreator: true)
        return Shim(arguments: arguments, creator: line).live()
    }

    private consuming func live() -> CInt {
        let end: End
        do throws(SystemError) {
            end = try makeAndTend()
        } catch {
            end = .refused(125, error.description)
            try? recordEnd(end)
            creator.tell(.refused(code: end.code, reason: end.reason))
        }
        if end == .abandoned { return 0 }
        if waitForRelease() { return 0 }
        let released = try? Subprocess.run(
            arguments.releaseCommand[0], arguments: arguments.releaseCommand, environment: Environment.all, input: [],
            outputLimit: 1 << 20, milliseconds: 120_000)
        return released?.status == .exited(0) ? 0 : 1
    }

    /// Whether the one who started the container has released everything; false when it is gone.
    private borrowing func waitForRelease() -> Bool {
        while true {
            while let request = creator.next() { if request == .released { return true } }
            if creator.isGone { return false }
            _ = try? Poll.wait(for: [creator.descriptor])
        }
    }

    borrowing func recordEnd(_ end: End) throws(SystemError) {
        try Files.replace(
            "\(arguments.stateDirectory)/\(ExitRecord.fileName)", end.record.json.encoded(), mode: 0o600)
    }

    /// How the container's life went.
    struct End: Hashable {
        var code: Int
        var ran: Bool
        var reason = ""
        var startedAt: Int64 = 0
        var restarts = 0
        var stopped = false
        var outOfMemory = false

        /// The runner gave up and has left nothing to do.
        static let abandoned = End(code: 125, ran: false, reason: "abandoned")

        static func ended(_ status: ExitStatus) -> End {
            switch status {
            case .exited(let code): End(code: code, ran: true)
            case .signaled(let signal): End(code: 128 + signal, ran: true)
            }
        }

        static func refused(_ code: Int, _ reason: String) -> End { End(code: code, ran: false, reason: reason) }

        /// What exit.json is to say of an end that is now.
        var record: ExitRecord {
            var record = ExitRecord(code: code, endedAt: Clock.realtimeNanoseconds(), reason: reason)
            record.startedAt = startedAt
            record.restarts = restarts
            record.stopped = stopped
            record.outOfMemory = outOfMemory
            return record
        }
    }

    struct PlanFailure: Error { let reason: String }

    /// A file of the state directory as a value.
    borrowing func readState<T>(
        _ name: String, _ decode: (JSONValue) throws(RecordError) -> T
    ) throws(PlanFailure) -> T {
        let path = "\(arguments.stateDirectory)/\(name)"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: Self.planLimit)
        } catch {
            throw PlanFailure(reason: error.description)
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
        } catch {
            throw PlanFailure(reason: "\(path): \(error)")
        }
        do throws(RecordError) {
            return try decode(json)
        } catch {
            throw PlanFailure(reason: "\(path): \(error)")
        }
    }
}
