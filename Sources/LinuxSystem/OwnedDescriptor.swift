internal import CLinux

/// A file descriptor with exactly one owner; it is closed when that owner's lifetime ends.
@frozen
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, for a system call made while this value lives.
    public let rawValue: CInt

    /// Takes over an open descriptor.
    public init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit { closeDescriptor(rawValue) }

    /// Gives up ownership: the caller closes it.
    public consuming func release() -> CInt {
        let value = rawValue
        discard self
        return value
    }

    /// Lets programs started from here inherit it, or not.
    public borrowing func setCloseOnExec(_ enabled: Bool) throws(SystemError) {
        if clinux_fcntl(rawValue, F_SETFD, enabled ? FD_CLOEXEC : 0) != 0 { throw .last("fcntl") }
    }

    /// A second descriptor of the same open file.
    public borrowing func duplicate() throws(SystemError) -> OwnedDescriptor {
        let copy = clinux_fcntl(rawValue, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { throw .last("fcntl") }
        return OwnedDescriptor(owning: copy)
    }

    /// Opens a path; O_CLOEXEC is added.
    ///
    /// `mode` matters when O_CREAT or O_TMPFILE is among the flags.
    @inline(never)
    static func open(_ path: String, _ flags: CInt, mode: UInt32 = 0) throws(SystemError) -> OwnedDescriptor {
        let descriptor = retrying { unsafe clinux_open(path, flags | O_CLOEXEC, mode) }
        if descriptor < 0 { throw .last("open", path) }
        return OwnedDescriptor(owning: descriptor)
    }

    /// Everything up to the end of the file; EFBIG past `limit` bytes.
    @inline(never)
    borrowing func readAll(limit: Int, subject: String, sizeHint: Int = 4096) throws(SystemError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: max(min(sizeHint, limit) + 1, 64))
        var used = 0
        while true {
            if used == content.count {
                content.append(contentsOf: [UInt8](repeating: 0, count: content.count))
            }
            let got = unsafe content.withUnsafeMutableBytes { buffer in
                retrying {
                    unsafe CLinux.read(rawValue, buffer.baseAddress.map { unsafe $0 + used }, buffer.count - used)
                }
            }
            if got < 0 { throw .last("read", subject) }
            if got == 0 { break }
            used += got
            if used > limit {
                throw SystemError("read", subject, .fileTooLarge, explanation: "more than \(limit) bytes")
            }
        }
        content.removeLast(content.count - used)
        return content
    }

    /// Writes all of it.
    @inline(never)
    borrowing func writeAll(_ bytes: [UInt8], subject: String) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                retrying {
                    unsafe CLinux.write(rawValue, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent)
                }
            }
            if count < 0 { throw .last("write", subject) }
            sent += count
        }
    }
}

/// `deinit` of a frozen type may only use what is public to its module's clients.
@usableFromInline
@inline(never)
func closeDescriptor(_ descriptor: CInt) {
    _ = close(descriptor)
}

/// Repeats a call that a signal interrupted.
func retrying<T: BinaryInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result >= 0 || clinux_errno() != EINTR { return result }
    }
}
