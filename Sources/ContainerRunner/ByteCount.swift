/// A number of bytes as docker's options write it: "512", "64k", "10m", "1g", in powers of 1024.
public struct ByteCount: Hashable, Sendable {
    /// The bytes.
    public let value: Int64

    /// Reads a number with b, k, m, g or t behind it, in either case, and perhaps a further b.
    public init?(_ text: String) {
        var digits = text.lowercased()
        if digits.hasSuffix("b") { digits.removeLast() }
        var factor: Int64 = 1
        if let last = digits.last, let power = "kmgt".firstIndex(of: last) {
            factor = 1 << (10 * (Int64("kmgt".distance(from: "kmgt".startIndex, to: power)) + 1))
            digits.removeLast()
        }
        guard let number = Int64(digits), number >= 0 else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.value = value
    }
}
