internal import CNettle

/// A SHA-256 digest: what an image calls its configuration, its layers and its files by.
public struct ImageDigest: Hashable, Sendable, CustomStringConvertible {
    /// Sixty-four lower-case hexadecimal digits.
    public let hex: String

    /// Takes the digits; nil unless there are sixty-four.
    public init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ Self.digits.contains($0) }) else { return nil }
        self.hex = hex
    }

    /// Reads "sha256:…"; nil for another algorithm or a broken one.
    public init?(_ text: String) {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else { return nil }
        self.init(hex: String(text.dropFirst(prefix.count)))
    }

    /// The digest of bytes.
    public init(of bytes: [UInt8]) {
        var hash = SHA256Stream()
        unsafe bytes.withUnsafeBytes { unsafe hash.update($0) }
        self = hash.digest()
    }

    fileprivate init(bytes: [UInt8]) {
        var text: [UInt8] = []
        for byte in bytes { text += [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]] }
        hex = String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// As "sha256:…".
    public var description: String { "sha256:\(hex)" }

    /// The digits' beginning: enough to tell the images of one host apart.
    public var short: String { String(hex.prefix(12)) }
}

/// SHA-256 of bytes as they pass: FIPS 180-4, by nettle, which uses the processor's instructions for it.
struct SHA256Stream {
    private var context = sha256_ctx()

    init() { unsafe nettle_sha256_init(&context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        unsafe nettle_sha256_update(&context, bytes.count, start.assumingMemoryBound(to: UInt8.self))
    }

    /// The digest of everything so far; the next bytes begin another.
    mutating func digest() -> ImageDigest {
        var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        unsafe nettle_sha256_digest(&context, bytes.count, &bytes)
        return ImageDigest(bytes: bytes)
    }
}
