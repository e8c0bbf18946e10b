public import CNI

/// Steps of taking something down: each is tried, and all that failed are reported together.
public struct Teardown {
    private var failures: [CNIError] = []

    /// Nothing tried yet.
    public init() {}

    /// Tries a step and goes on.
    @inline(never)
    public mutating func step(_ body: () throws(CNIError) -> Void) {
        do throws(CNIError) { try body() } catch { failures.append(error) }
    }

    /// Throws when a step failed: the first failure, with the others in its details.
    public func finish() throws(CNIError) {
        guard let first = failures.first else { return }
        if failures.count == 1 { throw first }
        let others = failures.dropFirst().map { $0.description }.joined(separator: "; ")
        let details = first.details.isEmpty ? "also: \(others)" : "\(first.details); also: \(others)"
        throw CNIError(code: first.code, message: first.message, details: details)
    }
}

/// The opt-out of removing links by a child process that outlives DEL.
public enum WaitForRemoval {
    /// Set to 1, DEL waits until the kernel has let go of the link.
    public static let variable = "HAWSER_WAIT_FOR_REMOVAL"
}
