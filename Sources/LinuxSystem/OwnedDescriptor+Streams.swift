internal import CLinux

extension OwnedDescriptor {
    /// A pipe: what is written to one end is read from the other.
    public static func pipe() throws(SystemError) -> PipeEnds {
        var ends: (CInt, CInt) = (0, 0)
        let result = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe pipe2(bytes.baseAddress?.assumingMemoryBound(to: CInt.self), O_CLOEXEC)
        }
        if result != 0 { throw .last("pipe2") }
        return PipeEnds(reading: OwnedDescriptor(owning: ends.0), writing: OwnedDescriptor(owning: ends.1))
    }

    /// A file without a name, in memory, empty: for what another library writes to a descriptor, and we read.
    public static func anonymousFile(_ name: String) throws(SystemError) -> OwnedDescriptor {
        let descriptor = unsafe memfd_create(name, UInt32(MFD_CLOEXEC))
        if descriptor < 0 { throw .last("memfd_create", name) }
        return OwnedDescriptor(owning: descriptor)
    }

    /// The whole content of the file from its start; EFBIG past `limit` bytes.
    public borrowing func contents(limit: Int) throws(SystemError) -> [UInt8] {
        if lseek(rawValue, 0, SEEK_SET) < 0 { throw .last("lseek") }
        return try readAll(limit: limit, subject: "")
    }

    /// Opens a file whose writes go to its end; made with `mode` when missing.
    public static func append(to path: String, mode: UInt32) throws(SystemError) -> OwnedDescriptor {
        try open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: mode)
    }

    /// Opens a file or a namespace to hold or read it.
    public static func reading(_ path: String) throws(SystemError) -> OwnedDescriptor {
        try open(path, O_RDONLY | O_NOCTTY)
    }

    /// Opens a device or a pipe to read and write.
    public static func readingAndWriting(_ path: String) throws(SystemError) -> OwnedDescriptor {
        try open(path, O_RDWR | O_NOCTTY)
    }

    /// A second descriptor of this process's standard input.
    public static func standardInput() throws(SystemError) -> OwnedDescriptor {
        let copy = clinux_fcntl(0, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { throw .last("fcntl", "standard input") }
        return OwnedDescriptor(owning: copy)
    }

    /// Opens a directory.
    public static func directory(_ path: String) throws(SystemError) -> OwnedDescriptor {
        try open(path, O_RDONLY | O_DIRECTORY)
    }

    /// Lets reads and writes answer EAGAIN instead of waiting.
    public borrowing func setNonBlocking() throws(SystemError) {
        if clinux_fcntl(rawValue, F_SETFL, clinux_fcntl(rawValue, F_GETFL, 0) | O_NONBLOCK) != 0 {
            throw .last("fcntl")
        }
    }

    /// Reads what is there into the start of `buffer`; 0 at the end, nil when there is nothing yet.
    ///
    /// A terminal whose programs are gone answers EIO: that is its end.
    public borrowing func readSome(into buffer: inout [UInt8]) throws(SystemError) -> Int? {
        try Streams.readSome(from: rawValue, into: &buffer)
    }

    /// Writes all of it.
    public borrowing func write(_ bytes: [UInt8]) throws(SystemError) { try writeAll(bytes, subject: "") }
}

/// The two ends of a new pipe, each to be taken by its owner.
public struct PipeEnds: ~Copyable, Sendable {
    private var reading: OwnedDescriptor?
    private var writing: OwnedDescriptor?

    init(reading: consuming OwnedDescriptor, writing: consuming OwnedDescriptor) {
        self.reading = consume reading
        self.writing = consume writing
    }

    /// Where bytes come out, once.
    public mutating func takeReading() -> OwnedDescriptor? { reading.take() }

    /// Where bytes go in, once.
    public mutating func takeWriting() -> OwnedDescriptor? { writing.take() }
}

/// Reading from and writing to descriptors that belong to someone else, as the standard streams do.
public enum Streams {
    /// Reads what is there into `buffer` behind its first `start` bytes; 0 at the end, nil when there is nothing yet.
    public static func readSome(
        from descriptor: CInt, into buffer: inout [UInt8], behind start: Int = 0
    ) throws(SystemError) -> Int? {
        let got = unsafe buffer.withUnsafeMutableBytes { bytes in
            retrying { unsafe read(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start) }
        }
        if got >= 0 { return got }
        let error = SystemError.last("read")
        if error.errno == .wouldBlock { return nil }
        if error.errno == .inputOutput { return 0 }
        throw error
    }

    /// Makes writing to a pipe whose reader is gone give EPIPE, instead of ending this process.
    ///
    /// Programs that it starts are not affected.
    public static func surviveBrokenPipes() { _ = clinux_ignore_broken_pipes(1) }

    /// What became of bytes that were written.
    public enum Delivery: Hashable, Sendable {
        /// All are written.
        case complete
        /// The pipe's or socket's reader is gone: EPIPE.
        case noReader
        /// Another failure, as of a full disk.
        case failed
    }

    /// Writes as much of `bytes` from `start` on as goes without waiting; nil when the reader is gone.
    ///
    /// For descriptors that do not wait. A failure of another kind counts as a reader that is gone.
    public static func writeSome(_ bytes: [UInt8], from start: Int, to descriptor: CInt) -> Int? {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            retrying {
                unsafe CLinux.write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
            }
        }
        if result >= 0 { return result }
        return Errno.current == .wouldBlock ? 0 : nil
    }

    /// Writes the first `count` bytes; false when they could not all be written.
    public static func write(_ bytes: [UInt8], count: Int, to descriptor: CInt) -> Bool {
        deliver(bytes, count: count, to: descriptor) == .complete
    }

    /// Writes the bytes of `range` to a file; returns how many of them it took.
    public static func write(_ bytes: [UInt8], _ range: Range<Int>, to descriptor: CInt) -> Int {
        var start = range.lowerBound
        while start < range.upperBound {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                let count = range.upperBound - start
                return retrying { unsafe CLinux.write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, count) }
            }
            if result <= 0 { break }
            start += result
        }
        return start - range.lowerBound
    }

    /// Writes the first `count` bytes, and tells a reader that is gone from other failures.
    public static func deliver(_ bytes: [UInt8], count: Int, to descriptor: CInt) -> Delivery {
        var sent = 0
        while sent < count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                retrying { unsafe CLinux.write(descriptor, buffer.baseAddress.map { unsafe $0 + sent }, count - sent) }
            }
            if result < 0 {
                let errno = Errno.current
                guard errno == .wouldBlock else { return errno == .brokenPipe ? .noReader : .failed }
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wait, 1, -1)
                continue
            }
            sent += result
        }
        return .complete
    }
}
