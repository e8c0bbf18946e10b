internal import LinuxSystem

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

    /// Every capability there is.
    public static let all = Capabilities(rawValue: (1 << UInt64(Capability.names.count)) - 1)

    /// These, with what `--cap-add` gives and without what `--cap-drop` takes; ALL is everything.
    ///
    /// As docker does it: dropping ALL leaves just what is added.
    public func changed(adding: [String], dropping: [String]) throws(RunnerError) -> Capabilities {
        let added = try Self.read(adding, option: "--cap-add")
        let dropped = try Self.read(dropping, option: "--cap-drop")
        if dropped == .all { return added == .all ? [] : added }
        return union(added).subtracting(dropped)
    }

    private static func read(_ names: [String], option: String) throws(RunnerError) -> Capabilities {
        var result: Capabilities = []
        for name in names {
            let upper = name.uppercased()
            if upper == "ALL" { return .all }
            guard let bit = Capability.bit(upper.hasPrefix("CAP_") ? upper.dropFirst(4) : upper[...]) else {
                throw .invalid(option: option, value: name, expected: "ALL or a capability, as NET_ADMIN")
            }
            result.insert(Capabilities(rawValue: bit))
        }
        return result
    }
}
