/// How large a JSON text may be before it is refused; each bounds the work that a hostile text can cause.
public struct JSONLimits: Hashable, Sendable {
    /// Bytes of text.
    public var bytes: Int
    /// Levels of arrays and objects within each other; the reader recurses once per level.
    public var depth: Int
    /// Values of any kind, containers included.
    public var values: Int

    /// Limits of one's own.
    public init(bytes: Int, depth: Int, values: Int) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }

    /// 4 MiB, 64 levels, 100,000 values: a GC request naming some 30,000 attachments fits.
    public static let `default` = JSONLimits(bytes: 4 << 20, depth: 64, values: 100_000)
}
