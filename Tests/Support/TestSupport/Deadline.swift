import Glibc

/// A point in time that a wait does not pass.
public struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    /// A deadline this far from now.
    public init(in duration: Duration) {
        end = .now + duration
    }

    /// Milliseconds that are left, at least 0.
    public var remainingMilliseconds: Int32 {
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Waits until a descriptor has one of the events, or throws.
    func wait(for descriptor: Int32, events: Int32, _ purpose: @autoclosure () -> String) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let ready = unsafe poll(&entry, 1, remainingMilliseconds)
            if ready > 0 { return }
            guard ready < 0, errno == EINTR else { throw TestFailure("waited in vain \(purpose())") }
        }
    }
}
