/// A process that ended: what it said, how it ended, what it cost.
public struct Finished: Sendable, CustomStringConvertible {
    /// How a process can end.
    public enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
    }

    /// The command, for messages.
    public let command: String
    /// How it ended.
    public let ending: Ending
    /// Its standard output.
    public let output: [UInt8]
    /// Its standard error.
    public let errorOutput: [UInt8]
    /// From before it was executed until it was reaped.
    public let duration: Duration
    /// User and system time of the process and the children it waited for.
    public let processorTime: Duration

    /// Whether it exited with status 0.
    public var succeeded: Bool { ending == .exited(0) }
    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }

    /// The text for messages.
    public var description: String {
        "\(command): \(ending)\nstdout: \(text.prefix(4000))\nstderr: \(errorText.prefix(4000))"
    }

    /// Itself when it succeeded; throws otherwise.
    @discardableResult
    public func orThrow() throws -> Finished {
        guard succeeded else { throw TestFailure(description) }
        return self
    }
}
