import CTestSupport
import Glibc

/// A process to be: executable, arguments, environment, input and place.
public struct Command: Sendable {
    /// Path of the executable, as seen from the place.
    public var path: String
    /// Arguments after the name.
    public var arguments: [String]
    /// The whole environment.
    public var environment: [String: String]
    /// What it reads from standard input; nil: /dev/null.
    public var input: [UInt8]?
    /// Its namespaces.
    public var place: Place
    /// After this it is killed.
    public var timeout: Duration

    /// The environment of commands that say nothing else.
    public static let defaultEnvironment = [
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root",
    ]

    /// A command; `path` without a slash is looked up in the usual directories.
    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = Command.defaultEnvironment,
        input: [UInt8]? = nil, place: Place = Place(), timeout: Duration = .seconds(60)
    ) {
        self.path = path.contains("/") ? path : Command.find(path) ?? path
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.place = place
        self.timeout = timeout
    }

    /// The path of a program in the usual directories; nil where it is not installed.
    public static func find(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
    }

    /// Runs it to its end.
    public func run() throws -> Finished {
        try start().finish()
    }

    /// Starts it; output goes to anonymous files, so a child that outlives it is not waited for.
    public func start() throws -> Running {
        try start(with: Streams(input: input))
    }

    /// Starts it with a pipe for its standard output, to wait for what it says.
    public func startReading() throws -> (running: Running, output: Descriptor) {
        let streams = try Streams(input: input)
        let (reading, writing) = try Descriptor.pipe()
        let running = try start(
            with: Streams(input: streams.input, output: writing, errorOutput: streams.errorOutput))
        return (Running(command: self, process: running.process, streams: streams, started: running.started), reading)
    }

    /// Starts it with a terminal as its three streams.
    public func start(on terminal: PseudoTerminal) throws -> Running {
        let side = terminal.side
        let running = try start(with: Streams(input: side, output: side, errorOutput: side))
        let nothing = try Streams(input: nil)
        return Running(command: self, process: running.process, streams: nothing, started: running.started)
    }

    func start(with streams: Streams) throws -> Running {
        let started = ContinuousClock.now
        let process = try unsafe withSpawn(streams) { unsafe support_spawn($0) }
        guard process > 0 else { throw TestFailure("execute \(path)", errno: -process) }
        return Running(command: self, process: process, streams: streams, started: started)
    }

    /// Runs it under the tracer, with at most one fault.
    public func run(with fault: Fault) throws -> (finished: Finished, trace: Trace) {
        let streams = try Streams(input: input)
        let started = ContinuousClock.now
        var trace = support_trace()
        (trace.fault, trace.position) = fault.kindAndPosition
        var end = support_end()
        let result = try unsafe withSpawn(streams) {
            unsafe support_trace_run($0, &trace, Int32(timeout.milliseconds), &end)
        }
        guard result == 0 else { throw TestFailure("trace \(path)", errno: -result) }
        let finished = try Finished(self, end, streams, started)
        return (
            finished,
            Trace(
                calls: Int(trace.calls), requests: Int(trace.requests), injected: trace.injected != 0,
                residentKilobytes: trace.resident_kilobytes)
        )
    }

    /// The command as a person would type it.
    public var text: String { ([path] + arguments).joined(separator: " ") }

    private func withSpawn<R>(_ streams: Streams, _ body: (UnsafePointer<support_spawn>) throws -> R) throws -> R {
        let argumentVector = unsafe CStringVector([path] + arguments)
        let environmentVector = unsafe CStringVector(environment.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })
        return try unsafe path.withCString { path in
            var spawn = unsafe support_spawn(
                path: path, arguments: argumentVector.pointer, environment: environmentVector.pointer,
                standard_input: streams.input.rawValue, standard_output: streams.output.rawValue,
                standard_error: streams.errorOutput.rawValue, mount_namespace: place.mounts?.rawValue ?? -1,
                network_namespace: place.network?.rawValue ?? -1, makes_host: place.isNewHost ? 1 : 0)
            return try unsafe withExtendedLifetime((argumentVector, environmentVector, place)) { _ in
                try unsafe body(&spawn)
            }
        }
    }
}

/// NULL-terminated array of C strings, freed with the object.
@unsafe private final class CStringVector {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        unsafe count = strings.count
        unsafe pointer = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { unsafe pointer[index] = unsafe strdup(string) }
        unsafe pointer[strings.count] = nil
    }

    deinit {
        for index in 0..<(unsafe count) { unsafe free(pointer[index]) }
        unsafe pointer.deallocate()
    }
}
