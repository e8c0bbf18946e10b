internal import Addressing
public import CNI
internal import JSON
public import LinuxSystem
public import RouteNetlink

/// The key `mtu` of a plugin: a number of bytes, 0 for the kernel's default, or "auto" for that of the way out.
public enum MTUSetting: Hashable, Sendable {
    /// Whatever the kernel gives.
    case kernelDefault
    /// That of the interface of the default route, IPv4 first.
    case auto
    /// Bytes.
    case bytes(UInt32)

    /// 68 is the least that IPv4 allows (RFC 791), 65535 the most that veth takes.
    private static let range = 68...65535

    /// Reads `mtu`; code 7 for a number that no interface of ours can have.
    public init(_ keys: ConfigurationObject, key: String = "mtu") throws(CNIError) {
        self = .kernelDefault
        guard let value = keys.value(key) else { return }
        if let text = value.string {
            guard text == "auto" else { throw keys.invalid(key, "it must be a number of bytes or \"auto\"") }
            self = .auto
            return
        }
        let number = try keys.integer(key, in: 0...MTUSetting.range.upperBound, default: 0)
        if number == 0 { return }
        guard MTUSetting.range.contains(number) else { throw keys.invalid(key, "it must be 0 or 68...65535") }
        self = .bytes(UInt32(number))
    }

    /// The number of bytes; nil for the kernel's default.
    ///
    /// "auto" without a default route is the kernel's default too.
    public func resolve<T: ~Copyable>(_ host: inout RouteConnection<T>) throws(SystemError) -> UInt32? {
        switch self {
        case .kernelDefault: return nil
        case .bytes(let count): return count
        case .auto:
            for family in [IPFamily.v4, .v6] {
                let defaults = try host.routes(family).filter { $0.destination.prefixLength == 0 && $0.link != nil }
                let best = defaults.min { ($0.priority ?? 0) < ($1.priority ?? 0) }
                if let index = best?.link, let link = try host.link(index) { return link.mtu }
            }
            return nil
        }
    }
}
