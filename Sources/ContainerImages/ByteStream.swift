internal import LinuxSystem

/// Bytes that come in pieces, once.
protocol ByteStream: AnyObject {
    /// The next piece, empty at the end; it is valid until the next call.
    func next() throws(ImageError) -> UnsafeRawBufferPointer

    /// Goes on by at most so many bytes without reading them; 0 when it cannot.
    func skip(_ count: Int64) throws(ImageError) -> Int64
}

extension ByteStream {
    /// Most streams have to be read.
    func skip(_ count: Int64) throws(ImageError) -> Int64 { 0 }

    /// Everything up to the end, at most `limit` bytes.
    func readAll(limit: Int, of subject: String) throws(ImageError) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let piece = unsafe try next()
            let count = piece.count
            if count == 0 { return content }
            guard content.count + count <= limit else {
                throw ImageError(subject, .tooLarge("more than \(limit) bytes"))
            }
            unsafe content.append(contentsOf: piece)
        }
    }

    /// Appends everything to a file; at most `limit` bytes.
    func write(to file: SharedFile, limit: Int64, subject: String) throws(ImageError) {
        var count: Int64 = 0
        while true {
            let piece = unsafe try next()
            let size = piece.count
            if size == 0 { return }
            guard count + Int64(size) <= limit else { throw ImageError(subject, .tooLarge("more than \(limit) bytes")) }
            try onImage(file.path) { () throws(SystemError) in
                unsafe try file.descriptor.write(piece, at: count)
            }
            count += Int64(size)
        }
    }

    /// Reads to the end, for what sees the bytes pass.
    func drain() throws(ImageError) {
        while unsafe try next().count > 0 {}
    }
}

/// A file that several streams may read.
final class SharedFile: Sendable {
    let descriptor: OwnedDescriptor
    /// For messages.
    let path: String

    init(_ descriptor: consuming OwnedDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }
}

/// A file's bytes from its beginning; a pipe's as they come.
@safe
final class FileStream: ByteStream {
    private let file: SharedFile
    private var position: Int64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileStream.pieceSize, alignment: 64)

    static let pieceSize = 256 << 10  // bytes: larger pieces gain nothing on any disk

    init(_ file: SharedFile) { self.file = file }

    deinit { unsafe buffer.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        let count = try onImage(file.path) { () throws(SystemError) in
            unsafe try file.descriptor.read(into: buffer, at: position)
        }
        position += Int64(count)
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    func skip(_ count: Int64) throws(ImageError) -> Int64 {
        let size = try onImage(file.path) { () throws(SystemError) in try file.descriptor.status().size }
        let skipped = max(0, min(count, size - position))
        position += skipped
        return skipped
    }
}

/// Bytes whose first piece is looked at before they are read.
@safe
final class PeekedStream: ByteStream {
    private let source: any ByteStream
    private var held: UnsafeRawBufferPointer?
    /// The first bytes, eight at most.
    let start: [UInt8]

    init(_ source: any ByteStream) throws(ImageError) {
        self.source = source
        let first = unsafe try source.next()
        unsafe held = first
        unsafe start = Array(first.prefix(8))
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        guard let first = unsafe held else { return unsafe try source.next() }
        unsafe held = nil
        return unsafe first
    }

    /// How the bytes are compressed, by the number they begin with; nil when they are not.
    func compression(of subject: String) throws(ImageError) -> ArchiveReader.Format? {
        if start.starts(with: [0x1f, 0x8b]) { return .gzip }
        if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return .zstd }
        for (magic, name) in [(Array("BZh".utf8), "bzip2"), ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz")]
        where start.starts(with: magic) {
            throw ImageError(subject, .unsupported("it is compressed by \(name): only gzip and zstd are read"))
        }
        return nil
    }

    /// What they are when nothing compresses them any more.
    func decompressed(_ subject: String) throws(ImageError) -> any ByteStream {
        guard let format = try compression(of: subject) else { return self }
        return try EntryStream(decompressing: self, format, subject: subject)
    }
}

/// Bytes that are digested and counted on their way.
final class DigestingStream: ByteStream {
    private let source: any ByteStream
    private var hash = SHA256Stream()
    /// Bytes so far.
    private(set) var count: Int64 = 0
    private let limit: Int64
    private let subject: String

    init(_ source: any ByteStream, limit: Int64, subject: String) {
        self.source = source
        self.limit = limit
        self.subject = subject
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        let piece = unsafe try source.next()
        count += Int64(piece.count)
        guard count <= limit else { throw ImageError(subject, .tooLarge("more than \(limit) bytes")) }
        unsafe hash.update(piece)
        return unsafe piece
    }

    /// Reads what is left, and answers the digest of all.
    func finish() throws(ImageError) -> ImageDigest {
        try drain()
        return hash.digest()
    }
}
