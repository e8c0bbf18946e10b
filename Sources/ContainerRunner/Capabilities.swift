/// Linux capabilities as a set of bits (linux/capability.h).
public struct Capabilities: OptionSet, Hashable, Sendable {
    /// One bit for each capability number.
    public let rawValue: UInt64
    /// A set of capabilities.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    private static func numbers(_ numbers: [UInt64]) -> Capabilities {
        Capabilities(rawValue: numbers.reduce(0) { $0 | 1 << $1 })
    }

    /// What docker gives a container: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE
    /// NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP.
    public static let standard = numbers([0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31])
}
