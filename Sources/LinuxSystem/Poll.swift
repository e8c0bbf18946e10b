internal import CLinux

/// Waiting until one of several descriptors has something to say.
public enum Poll {
    /// Waits for input, an end of file or an error on any of them; all false when `milliseconds` pass first.
    ///
    /// A negative number is left out; a nil time waits for ever.
    public static func wait(for descriptors: [CInt], milliseconds: Int? = nil) throws(SystemError) -> [Bool] {
        let deadline = milliseconds.map { Clock.monotonicMilliseconds() + Int64($0) }
        var waits = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let left = deadline.map { CInt(clamping: max(0, $0 - Clock.monotonicMilliseconds())) } ?? -1
            let count = nfds_t(waits.count)
            let ready = unsafe waits.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, count, left) }
            if ready >= 0 { return waits.map { $0.revents != 0 } }
            if Errno.current != .interrupted { throw .last("poll") }
        }
    }
}
