internal import CLinux

/// The kernel's number for why a call failed: errno(3).
public struct Errno: Hashable, Sendable, CustomStringConvertible {
    /// The number, as in `<errno.h>`.
    public let rawValue: CInt

    /// An error number, positive as in `<errno.h>`.
    public init(rawValue: CInt) { self.rawValue = rawValue }

    /// What the last failed call of this thread left behind.
    static var current: Errno { Errno(rawValue: clinux_errno()) }

    /// EPERM.
    public static let notPermitted = Errno(rawValue: EPERM)
    /// ENOENT.
    public static let noEntry = Errno(rawValue: ENOENT)
    /// ESRCH.
    public static let noProcess = Errno(rawValue: ESRCH)
    /// EINTR.
    public static let interrupted = Errno(rawValue: EINTR)
    /// EIO.
    public static let inputOutput = Errno(rawValue: EIO)
    /// EBADF.
    public static let badDescriptor = Errno(rawValue: EBADF)
    /// EAGAIN.
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    /// EACCES.
    public static let accessDenied = Errno(rawValue: EACCES)
    /// EBUSY.
    public static let busy = Errno(rawValue: EBUSY)
    /// EEXIST.
    public static let exists = Errno(rawValue: EEXIST)
    /// ENODEV.
    public static let noDevice = Errno(rawValue: ENODEV)
    /// ENXIO.
    public static let noSuchDeviceOrAddress = Errno(rawValue: ENXIO)
    /// ENOTDIR.
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    /// EISDIR.
    public static let isDirectory = Errno(rawValue: EISDIR)
    /// EINVAL.
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// ETXTBSY.
    public static let textFileBusy = Errno(rawValue: ETXTBSY)
    /// EFBIG.
    public static let fileTooLarge = Errno(rawValue: EFBIG)
    /// ESPIPE.
    public static let illegalSeek = Errno(rawValue: ESPIPE)
    /// ENOSPC.
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// EPIPE.
    public static let brokenPipe = Errno(rawValue: EPIPE)
    /// EROFS.
    public static let readOnlyFileSystem = Errno(rawValue: EROFS)
    /// ERANGE.
    public static let outOfRange = Errno(rawValue: ERANGE)
    /// ENOSYS.
    public static let notImplemented = Errno(rawValue: ENOSYS)
    /// ENOTEMPTY.
    public static let notEmpty = Errno(rawValue: ENOTEMPTY)
    /// ELOOP.
    public static let symbolicLink = Errno(rawValue: ELOOP)
    /// ERESTART: what was read before has changed since.
    public static let restart = Errno(rawValue: ERESTART)
    /// EPROTO.
    public static let protocolError = Errno(rawValue: EPROTO)
    /// EOPNOTSUPP.
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// EAFNOSUPPORT.
    public static let familyNotSupported = Errno(rawValue: EAFNOSUPPORT)
    /// EADDRNOTAVAIL.
    public static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
    /// ENETUNREACH.
    public static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    /// ENOBUFS.
    public static let noBuffers = Errno(rawValue: ENOBUFS)
    /// ECONNREFUSED.
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    /// ETIMEDOUT.
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    /// ECANCELED.
    public static let canceled = Errno(rawValue: ECANCELED)
    /// EMSGSIZE.
    public static let messageTooLong = Errno(rawValue: EMSGSIZE)

    /// The symbol of `<errno.h>`, as "EEXIST"; "E123" for a number that libc does not know.
    public var name: String {
        guard let text = unsafe strerrorname_np(rawValue) else { return "E\(rawValue)" }
        return unsafe String(cString: text)
    }

    /// libc's sentence and the symbol, as "File exists (EEXIST)".
    public var description: String {
        guard let text = unsafe strerrordesc_np(rawValue) else { return name }
        return unsafe "\(String(cString: text)) (\(name))"
    }
}
