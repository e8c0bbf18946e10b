internal import CLinux

/// A forked child of this single-threaded process that may outlive it.
public struct ChildProcess: ~Copyable {
    private let process: pid_t
    private let descriptor: OwnedDescriptor

    /// Why a wait came to its end.
    public enum Event: Sendable {
        /// The child ended, and was reaped.
        case ended(ExitStatus)
        /// The descriptor that was waited for has something to read.
        case readable
        /// Neither, in the given time.
        case timedOut
    }

    /// Runs `body` in a child, which ends with the status it answers, 0 to 255.
    ///
    /// The child has no standard descriptors and shares every other one: what it holds open stays open until its end.
    public static func fork(_ body: () -> CInt) throws(SystemError) -> ChildProcess {
        let process = clinux_fork_quiet()
        if process == 0 { _exit(body()) }
        if process < 0 { throw .last("fork") }
        let number = clinux_pidfd_open(process)
        if number < 0 { throw .last("pidfd_open") }
        return ChildProcess(process: process, descriptor: OwnedDescriptor(owning: number))
    }

    /// Leaves the last close of a descriptor to a child, which holds it and nothing else until this process has ended.
    ///
    /// Closing an nf_tables socket after a transaction that removed something waits 10 to 20 ms for the kernel's grace period:
    /// that is the child's wait then. It locks nothing, keeps no pipe open, and ends by itself.
    public static func holdUntilEnd(_ descriptor: CInt) throws(SystemError) {
        if clinux_leave_to_child(descriptor) < 0 { throw .last("fork") }
    }

    private init(process: pid_t, descriptor: consuming OwnedDescriptor) {
        self.process = process
        self.descriptor = descriptor
    }

    /// Waits until the child ends or `other` can be read.
    public borrowing func wait(orReadable other: CInt, milliseconds: Int) throws(SystemError) -> Event {
        var waits = [
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        let ready = unsafe waits.withUnsafeMutableBufferPointer { list in
            unsafe poll(list.baseAddress, 2, CInt(clamping: milliseconds))
        }
        if ready < 0, Errno.current != .interrupted { throw .last("poll") }
        if ready <= 0 { return .timedOut }
        if waits[0].revents != 0 { return .readable }
        var status: CInt = 0
        _ = retrying { unsafe waitpid(process, &status, 0) }
        return .ended(ExitStatus(waitStatus: status))
    }
}
