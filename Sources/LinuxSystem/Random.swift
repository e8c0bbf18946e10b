internal import CLinux

/// The kernel's random numbers: getrandom(2).
public enum Random {
    /// Sixty-four random bits.
    public static func uint64() -> UInt64 {
        var value: UInt64 = 0
        let count = unsafe withUnsafeMutableBytes(of: &value) { bytes in
            unsafe getrandom(bytes.baseAddress, bytes.count, 0)
        }
        precondition(count == 8, "getrandom of 8 bytes never falls short")
        return value
    }
}
