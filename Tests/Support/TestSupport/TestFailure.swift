import Glibc

/// What a test could not set up or read: the harness's own errors, never a finding about the product.
public struct TestFailure: Error, CustomStringConvertible {
    /// What was attempted and why it failed.
    public let description: String

    /// A failure with its whole story.
    public init(_ description: String) {
        self.description = description
    }

    /// A failed system call.
    public init(_ attempt: String, errno number: Int32) {
        let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
        description = "\(attempt): \(reason)"
    }
}
