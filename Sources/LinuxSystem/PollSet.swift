internal import CLinux

/// Waiting for several descriptors, each to be read, to be written, or both: poll(2).
///
/// Filled anew for each wait; its memory is kept.
public struct PollSet: Sendable {
    /// The place of one descriptor in the set.
    public struct Place: Hashable, Sendable {
        let index: Int
    }

    private var waits: [pollfd] = []

    /// An empty set.
    public init() {}

    /// Forgets all descriptors.
    public mutating func removeAll() { waits.removeAll(keepingCapacity: true) }

    /// Adds a descriptor; nil, and nothing is added, when there is nothing to wait for.
    public mutating func add(_ descriptor: CInt, reading: Bool, writing: Bool = false) -> Place? {
        guard descriptor >= 0, reading || writing else { return nil }
        let events = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
        waits.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        return Place(index: waits.count - 1)
    }

    /// Waits until one is ready or at its end; at most this long, for ever without a time.
    public mutating func wait(milliseconds: Int64?) throws(SystemError) {
        let deadline = milliseconds.map { Clock.monotonicMilliseconds() + $0 }
        while true {
            let left = deadline.map { CInt(clamping: max(0, $0 - Clock.monotonicMilliseconds())) } ?? -1
            let count = nfds_t(waits.count)
            let ready = unsafe waits.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, count, left) }
            if ready >= 0 { return }
            if Errno.current != .interrupted { throw .last("poll") }
        }
    }

    /// Whether reading does not wait: there is something, an end or an error.
    public func isReadable(_ place: Place?) -> Bool { has(place, POLLIN | POLLHUP | POLLERR | POLLNVAL) }

    /// Whether writing does not wait.
    public func isWritable(_ place: Place?) -> Bool { has(place, POLLOUT | POLLHUP | POLLERR | POLLNVAL) }

    private func has(_ place: Place?, _ events: CInt) -> Bool {
        guard let place else { return false }
        return CInt(waits[place.index].revents) & events != 0
    }
}
