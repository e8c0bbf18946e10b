internal import CLinux

/// An open regular file that is read and written in pieces.
public struct RandomAccessFile: ~Copyable, Sendable {
    let descriptor: OwnedDescriptor
    /// The path it was opened by, for messages.
    public let path: String

    init(_ descriptor: consuming OwnedDescriptor, path: String) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens a file for reading and writing; with `mode` it is made when missing.
    ///
    /// A symbolic link is ELOOP.
    public static func open(_ path: String, creating mode: UInt32? = nil) throws(SystemError) -> RandomAccessFile {
        let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (mode == nil ? 0 : O_CREAT)
        let descriptor = try OwnedDescriptor.open(path, flags, mode: mode ?? 0)
        var status = stat()
        if unsafe fstat(descriptor.rawValue, &status) != 0 { throw .last("fstat", path) }
        guard clinux_is_regular(status.st_mode) != 0 else { throw SystemError("open", path, .invalidArgument) }
        return RandomAccessFile(descriptor, path: path)
    }

    /// Takes an exclusive flock(2) lock without waiting, for as long as this value lives; false when another has it.
    public borrowing func tryLock() -> Bool {
        flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0
    }

    /// The bytes at an offset: fewer than `count` at the end of the file.
    @inline(never)
    public borrowing func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: count)
        var used = 0
        while used < count {
            let got = unsafe content.withUnsafeMutableBytes { buffer in
                retrying {
                    unsafe pread(
                        descriptor.rawValue, buffer.baseAddress.map { unsafe $0 + used }, count - used,
                        off_t(offset + used))
                }
            }
            if got < 0 { throw .last("pread", path) }
            if got == 0 { break }
            used += got
        }
        content.removeLast(count - used)
        return content
    }

    /// Writes all of it at an offset.
    @inline(never)
    public borrowing func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                retrying {
                    unsafe pwrite(
                        descriptor.rawValue, buffer.baseAddress.map { unsafe $0 + sent }, bytes.count - sent,
                        off_t(offset + sent))
                }
            }
            if count < 0 { throw .last("pwrite", path) }
            sent += count
        }
    }

    /// Cuts or extends it to a length; what is added is zero.
    public borrowing func setLength(_ length: Int) throws(SystemError) {
        if ftruncate(descriptor.rawValue, off_t(length)) != 0 { throw .last("ftruncate", path) }
    }
}

extension Directory {
    /// Sets the time of the directory's last change, in nanoseconds since 1970, as utimensat(2) does.
    public borrowing func setModified(_ nanoseconds: Int64) throws(SystemError) {
        let untouched = timespec(tv_sec: 0, tv_nsec: CLINUX_UTIME_OMIT)
        let time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        if unsafe futimens(descriptor.rawValue, [untouched, time]) != 0 { throw .last("futimens", path) }
    }
}
