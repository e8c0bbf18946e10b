internal import LinuxSystem

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

    /// The bit of "CAP_NET_RAW"; nil when there is no such capability.
    static func bit(_ name: String) -> UInt64? {
        guard hasPrefix(name, "CAP_") else { return nil }
        return Capability.bit(String(decoding: Array(name.utf8.dropFirst(4)), as: UTF8.self))
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
        return Capability.names(of: missing).map { "CAP_" + $0 }
    }
}
