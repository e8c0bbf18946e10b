/// The five capability sets of a process (capabilities(7)), one bit for each capability number.
public struct CapabilitySets: Hashable, Sendable {
    /// The most that executing a program can give.
    public var bounding: UInt64 = 0
    /// What is in force.
    public var effective: UInt64 = 0
    /// What a program with capabilities in its file may add.
    public var inheritable: UInt64 = 0
    /// What may be put in force.
    public var permitted: UInt64 = 0
    /// What a program without capabilities in its file keeps.
    public var ambient: UInt64 = 0
    /// Names that this runtime does not know, for a warning.
    public var unknown: [String] = []

    /// The names of linux/capability.h without their prefix, at their numbers.
    static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// The bit of "CAP_NET_RAW"; nil when there is no such capability.
    static func bit(_ name: String) -> UInt64? {
        names.firstIndex { "CAP_" + $0 == name }.map { 1 << UInt64($0) }
    }

    /// The names of the bits, as "CAP_NET_RAW".
    static func names(of bits: UInt64) -> [String] {
        names.indices.filter { bits >> UInt64($0) & 1 == 1 }.map { "CAP_" + names[$0] }
    }

    /// No capability at all.
    public init() {}

    init(_ reader: SpecificationReader) throws(OCIError) {
        bounding = try read(reader, "bounding")
        effective = try read(reader, "effective")
        inheritable = try read(reader, "inheritable")
        permitted = try read(reader, "permitted")
        ambient = try read(reader, "ambient")
    }

    private mutating func read(_ reader: SpecificationReader, _ key: String) throws(OCIError) -> UInt64 {
        var bits: UInt64 = 0
        for name in try reader.strings(key) {
            if let bit = Self.bit(name) {
                bits |= bit
            } else if !unknown.contains(name) {
                unknown.append(name)
            }
        }
        return bits
    }

    /// Adds one capability to every set but the ambient one, as `exec --cap` does.
    mutating func add(_ bit: UInt64) {
        bounding |= bit
        effective |= bit
        permitted |= bit
    }

    /// Leaves out what cannot be granted; answers the names of what was wanted and is left out.
    ///
    /// The specification asks a runtime not to fail for it. The sets are kept consistent: nothing is effective that is
    /// not permitted, nothing ambient that is not permitted and inheritable.
    public mutating func restrict(to available: UInt64) -> [String] {
        let missing = (bounding | effective | inheritable | permitted | ambient) & ~available
        bounding &= available
        permitted &= available
        effective &= permitted
        inheritable &= available
        ambient &= permitted & inheritable
        return Self.names(of: missing)
    }
}
