public import CNI
internal import LinuxSystem

/// What went wrong while a runtime worked on a network: where, why, and what failed in its wake.
public struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What it was about: a file, or "network web: plugin bridge: ADD".
    public let subject: String
    /// The reason, with the code of the plugin that reported it.
    public let cause: CNIError
    /// What failed afterwards, while undoing or while going on.
    public let consequences: [RuntimeError]

    /// An error with its wake.
    public init(_ subject: String, _ cause: CNIError, consequences: [RuntimeError] = []) {
        self.subject = subject
        self.cause = cause
        self.consequences = consequences
    }

    /// The error with more that failed afterwards.
    func followed(by more: [RuntimeError]) -> RuntimeError {
        RuntimeError(subject, cause, consequences: consequences + more)
    }

    /// The error in one line, its wake behind semicolons; what failed for the same reason is not said again.
    public var description: String {
        (["\(subject): \(cause)"] + consequences.filter { $0.cause != cause }.map { "then \($0)" })
            .joined(separator: "; ")
    }
}

/// Runs `body`, and names what its error was about.
func about<R>(_ subject: String, _ body: () throws(CNIError) -> R) throws(RuntimeError) -> R {
    do throws(CNIError) { return try body() } catch { throw RuntimeError(subject, error) }
}

/// Runs `body`, and names what its failed call was for.
func reporting<R: ~Copyable>(_ message: String, _ body: () throws(SystemError) -> R) throws(CNIError) -> R {
    do throws(SystemError) { return try body() } catch { throw .inputOutput(message, error) }
}
