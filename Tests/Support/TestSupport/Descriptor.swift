import CTestSupport
import Glibc

/// An owned file descriptor that several values may share; closed with the last of them.
public final class Descriptor: Sendable {
    /// The number, valid as long as this object lives.
    public let rawValue: Int32

    /// Takes over a descriptor.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Opens a path for reading, close-on-exec.
    public convenience init(opening path: String) throws {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw TestFailure("open \(path)", errno: errno) }
        self.init(owning: opened)
    }

    deinit {
        close(rawValue)
    }

    /// Both ends of a pipe, close-on-exec: what is written to the second is read from the first.
    public static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        let result = unsafe support_pipe(&reading, &writing)
        guard result == 0 else { throw TestFailure("pipe2", errno: -result) }
        return (Descriptor(owning: reading), Descriptor(owning: writing))
    }

    /// Everything from the beginning of a regular or anonymous file.
    func contents() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe pread(rawValue, &piece, piece.count, bytes.count)
            guard count >= 0 else { throw TestFailure("pread", errno: errno) }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
        }
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(rawValue, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw TestFailure("write", errno: errno) }
            written += count
        }
    }

    /// Reads from a pipe or socket until `end` accepts what came, the writer is gone, or the deadline passes.
    public func read(deadline: Deadline, until end: ([UInt8]) -> Bool) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while !end(bytes) {
            try deadline.wait(
                for: rawValue, events: POLLIN, "to read; so far: \(String(decoding: bytes, as: UTF8.self))")
            let count = unsafe Glibc.read(rawValue, &piece, piece.count)
            guard count >= 0 else { throw TestFailure("read", errno: errno) }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        return bytes
    }
}
