internal import CLibarchive
internal import LinuxSystem

/// A tar archive, or a compressed stream, read in one pass by libarchive.
///
/// Only the formats that are asked for are tried: the library's others stay out of reach of hostile bytes, and out of the program.
@safe
final class ArchiveReader {
    /// What is to be read.
    enum Format {
        /// pax, ustar, GNU or old tar, uncompressed.
        case tar
        /// gzip around anything.
        case gzip
        /// zstd around anything.
        case zstd
    }

    /// What libarchive is given for its calls back.
    private final class Feed {
        let stream: any ByteStream
        var failure: ImageError?
        init(_ stream: any ByteStream) { self.stream = stream }
    }

    private let archive: OpaquePointer
    private let feed: Feed
    private let subject: String

    init(_ stream: any ByteStream, _ format: Format, subject: String) throws(ImageError) {
        guard let archive = unsafe archive_read_new() else { fatalError("there is no memory left") }
        unsafe self.archive = archive
        self.subject = subject
        feed = Feed(stream)
        // Names that are UTF-8 stay as they are, whatever the locale of the environment says.
        TextEncoding.useUTF8()
        switch format {
        case .tar: unsafe check(archive_read_support_format_tar(archive))
        case .gzip:
            unsafe check(archive_read_support_filter_gzip(archive))
            unsafe check(archive_read_support_format_raw(archive))
        case .zstd:
            unsafe check(archive_read_support_filter_zstd(archive))
            unsafe check(archive_read_support_format_raw(archive))
        }
        unsafe check(archive_read_support_format_empty(archive))
        let context = unsafe Unmanaged.passUnretained(feed).toOpaque()
        let result = unsafe archive_read_open2(
            archive, context, nil,
            { _, context, piece in
                guard let context = unsafe context, let piece = unsafe piece else { return -1 }
                let feed = unsafe Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
                do throws(ImageError) {
                    let bytes = unsafe try feed.stream.next()
                    unsafe piece.pointee = bytes.baseAddress
                    return bytes.count
                } catch {
                    feed.failure = error
                    return -1
                }
            },
            { _, context, count in
                guard let context = unsafe context else { return 0 }
                let feed = unsafe Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
                do throws(ImageError) {
                    return try feed.stream.skip(count)
                } catch {
                    feed.failure = error
                    return 0
                }
            }, nil)
        if result != ARCHIVE_OK { throw failure() }
    }

    deinit { _ = unsafe archive_read_free(archive) }

    private func check(_ result: CInt) {
        precondition(result == ARCHIVE_OK, "the library has the formats that it was built for")
    }

    /// The library's last complaint, or that of the stream below it.
    func failure() -> ImageError {
        if let failure = feed.failure { return failure }
        let text = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        return ImageError(subject, .malformed("it cannot be read: \(text ?? "the archive is damaged")"))
    }

    /// The next entry; nil at the end.
    func nextEntry() throws(ImageError) -> ArchiveEntry? {
        var entry: OpaquePointer?
        let result = unsafe archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { return nil }
        // A warning is about a name that is not UTF-8, which is taken as it is.
        guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry = unsafe entry else { throw failure() }
        return unsafe try ArchiveEntry(entry, subject: subject)
    }

    /// Reads the entry's next bytes, its holes as zeros; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        let count = unsafe archive_read_data(archive, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw failure() }
        return count
    }

    /// Lends the entry's next bytes with their offset; false at its end.
    ///
    /// What lies between two pieces is zeros.
    func nextPiece(_ body: (UnsafeRawBufferPointer, Int64) throws(ImageError) -> Void) throws(ImageError) -> Bool {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let result = unsafe archive_read_data_block(archive, &start, &count, &offset)
        if result == ARCHIVE_EOF { return false }
        guard result == ARCHIVE_OK else { throw failure() }
        try unsafe body(UnsafeRawBufferPointer(start: start, count: count), offset)
        return true
    }
}

/// The bytes of an archive's current entry, or of what a compressed stream holds, as one stream.
@safe
final class EntryStream: ByteStream {
    private let archive: ArchiveReader
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileStream.pieceSize, alignment: 64)

    /// The current entry of an archive that nobody else reads meanwhile.
    init(currentEntryOf archive: ArchiveReader) { self.archive = archive }

    /// What is inside a compressed stream.
    convenience init(decompressing stream: any ByteStream, _ format: ArchiveReader.Format, subject: String)
        throws(ImageError)
    {
        let archive = try ArchiveReader(stream, format, subject: subject)
        // Without an entry there is nothing inside, and nothing will be read.
        _ = try archive.nextEntry()
        self.init(currentEntryOf: archive)
    }

    deinit { unsafe buffer.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        let count = unsafe try archive.read(into: buffer)
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}
