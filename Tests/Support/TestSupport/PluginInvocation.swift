/// One execution of a plugin: what a runtime puts into its environment and its standard input.
public struct PluginInvocation: Sendable {
    /// CNI's operations.
    public enum Verb: String, Sendable, CaseIterable {
        case add = "ADD"
        case delete = "DEL"
        case check = "CHECK"
        case collectGarbage = "GC"
        case status = "STATUS"
        case version = "VERSION"
    }

    /// The plugin's name in its directory.
    public var plugin: String
    /// Where the plugin itself lies.
    public var directory: PluginDirectory
    /// The host it runs on.
    public var place: Place
    /// CNI_* variables; a missing one is not set.
    public var variables: [String: String]
    /// Standard input.
    public var input: [UInt8]
    /// Further variables, for what is not CNI's.
    public var environment: [String: String] = [:]
    /// After this it is killed.
    public var timeout: Duration = .seconds(60)

    /// An invocation with the variables that the specification wants for a verb.
    public init(
        _ verb: Verb, _ plugin: String, from directory: PluginDirectory = .underTest, on host: TestHost,
        _ attachment: CNIAttachment? = nil, configuration: Document
    ) {
        self.plugin = plugin
        self.directory = directory
        place = host.place
        variables = ["CNI_COMMAND": verb.rawValue]
        if verb != .version { variables["CNI_PATH"] = directory.path }
        if let attachment { variables.merge(attachment.variables) { $1 } }
        input = Array(configuration.description.utf8)
    }

    /// The process to be.
    public var command: Command {
        var environment = Command.defaultEnvironment
        environment.merge(self.environment) { $1 }
        environment.merge(variables) { $1 }
        return Command(
            "\(directory.path)/\(plugin)", environment: environment, input: input, place: place, timeout: timeout)
    }

    /// Executes the plugin.
    public func run() throws -> PluginOutcome {
        PluginOutcome(try command.run())
    }

    /// Executes the plugin under the tracer.
    public func run(with fault: Fault) throws -> (outcome: PluginOutcome, trace: Trace) {
        let (finished, trace) = try command.run(with: fault)
        return (PluginOutcome(finished), trace)
    }
}

/// What a plugin answered.
public struct PluginOutcome: Sendable, CustomStringConvertible {
    /// The process.
    public let finished: Finished

    init(_ finished: Finished) {
        self.finished = finished
    }

    /// Whether it exited with 0.
    public var succeeded: Bool { finished.succeeded }

    /// The result of an operation that succeeded; throws when it failed or said anything but one document.
    public func result() throws -> Document {
        try finished.orThrow()
        do {
            return try Document(parsing: finished.output)
        } catch {
            throw TestFailure("not one JSON document: \(error)\n\(finished)")
        }
    }

    /// The error a failed operation printed: exit status 1 and one document with code and message, or it throws.
    public func error() throws -> PluginError {
        guard finished.ending == .exited(1) else { throw TestFailure("expected exit status 1: \(finished)") }
        guard let document = try? Document(parsing: finished.output) else {
            throw TestFailure("expected one JSON document: \(finished)")
        }
        guard let code = document["code"].integer, let message = document["msg"].string, !message.isEmpty else {
            throw TestFailure("expected code and msg: \(finished)")
        }
        return PluginError(code: code, message: message, details: document["details"].string ?? "")
    }

    /// The text for messages.
    public var description: String { finished.description }
}

/// A CNI error as printed.
public struct PluginError: Hashable, Sendable {
    /// The code.
    public let code: Int
    /// One sentence.
    public let message: String
    /// The chain of causes.
    public let details: String
}
