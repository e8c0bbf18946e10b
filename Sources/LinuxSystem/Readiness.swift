internal import CLinux

/// Waiting for a descriptor: poll(2).
public enum Readiness {
    /// Waits until there is something to read; false when the time is over first.
    public static func waitToRead(_ descriptor: CInt, milliseconds: Int) throws(SystemError) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&wait, 1, CInt(clamping: milliseconds))
        if ready < 0, Errno.current != .interrupted { throw .last("poll") }
        return ready > 0
    }
}
