public import CNI
public import LinuxSystem

/// Why the tables could not be made to say what an attachment needs.
public struct FirewallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public indirect enum Reason: Hashable, Sendable {
        /// The kernel refused.
        case system(SystemError)
        /// A published port that is somebody else's: what was wanted, and the owner's tag or what the kernel shows instead.
        case taken(String, owner: String)
        /// The tables kept changing while they were read.
        case unsettled
    }

    /// What went wrong.
    public let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// What a plugin answers with: code 101 for a port that is taken, 11 for what may succeed later, else 100.
    public var cniError: CNIError {
        switch reason {
        case .system(let error): .kernelRefused("nftables", error)
        case .taken: .hostPortTaken(description)
        case .unsettled: .tryAgainLater(description)
        }
    }

    /// A sentence for a person.
    public var description: String {
        switch reason {
        case .system(let error): error.description
        case .taken(let what, let owner): "\(what) is already published by \(owner)"
        case .unsettled: "the nftables rule set kept changing"
        }
    }
}

/// Runs what throws the system's errors where ours are thrown.
func system<R: ~Copyable>(_ body: () throws(SystemError) -> R) throws(FirewallError) -> R {
    do throws(SystemError) { return try body() } catch { throw FirewallError(.system(error)) }
}
