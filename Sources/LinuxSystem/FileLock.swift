internal import CLinux

/// A flock(2) lock, held until this value's lifetime ends.
///
/// The kernel lets go of it when the process dies.
public struct FileLock: ~Copyable, Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Whom a lock keeps out.
    public enum Kind: Hashable, Sendable {
        /// Everybody else.
        case exclusive
        /// Those who ask for an exclusive lock.
        case shared
    }

    /// Waits for the lock on a file of the directory, made with `mode` when missing; ETIMEDOUT when it stays taken.
    public static func acquire(
        _ name: String, in directory: borrowing Directory, kind: Kind = .exclusive, mode: UInt32, milliseconds: Int
    ) throws(SystemError) -> FileLock {
        let subject = "\(directory.path)/\(name)"
        let number = unsafe clinux_openat(
            directory.descriptor.rawValue, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
        if number < 0 { throw .last("openat", subject) }
        let descriptor = OwnedDescriptor(owning: number)
        if clinux_lock(descriptor.rawValue, kind == .shared ? 1 : 0, CInt(clamping: milliseconds)) != 0 {
            throw .last("flock", subject)
        }
        return FileLock(descriptor)
    }

    /// An explicit last use, so that the lock is held to the end of a scope: `defer { lock.keepHeld() }`.
    public borrowing func keepHeld() {}
}
