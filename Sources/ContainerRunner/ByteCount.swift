/// A number of bytes as docker's options write it: "512", "64k", "10m", "1g", in powers of 1024.
public struct ByteCount: Hashable, Sendable {
    /// The bytes.
    public let value: Int64

    /// Reads a number with b, k, m, g, t or p behind it, in either case, and perhaps a further b.
    public init?(_ text: String) {
        guard let value = LimitText.bytes(text) else { return nil }
        self.value = value
    }
}
