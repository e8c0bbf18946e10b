/// A published version of the CNI specification.
public enum CNIVersion: UInt8, CaseIterable, Sendable, Hashable {
    /// 0.1.0: results have `ip4` and `ip6`; a configuration without `cniVersion` has this version.
    case v0_1_0
    /// 0.2.0: the same layout, and the VERSION verb.
    case v0_2_0
    /// 0.3.0: results list interfaces, addresses and routes.
    case v0_3_0
    /// 0.3.1: network lists, `prevResult`.
    case v0_3_1
    /// 0.4.0: CHECK.
    case v0_4_0
    /// 1.0.0: addresses without `version`.
    case v1_0_0
    /// 1.1.0: GC, STATUS, and `mtu`, `socketPath`, `pciID` of interfaces.
    case v1_1_0

    /// The newest of them.
    public static let newest = CNIVersion.v1_1_0

    /// The version that `text` writes; `nil` when the specification has none such.
    public init?(_ text: String) {
        for version in CNIVersion.allCases where version.description == text {
            self = version
            return
        }
        return nil
    }

    /// This version and all newer ones, oldest first.
    public var andNewer: [CNIVersion] { CNIVersion.allCases.filter { $0 >= self } }

    /// Whether results have the layout of 0.1.0, with one address of each family.
    var hasOneAddressPerFamily: Bool { self <= .v0_2_0 }
}

extension CNIVersion: Comparable {
    /// Older before newer.
    public static func < (left: CNIVersion, right: CNIVersion) -> Bool { left.rawValue < right.rawValue }
}

extension CNIVersion: CustomStringConvertible {
    /// The text of `cniVersion`, as `0.3.1`.
    public var description: String {
        switch self {
        case .v0_1_0: "0.1.0"
        case .v0_2_0: "0.2.0"
        case .v0_3_0: "0.3.0"
        case .v0_3_1: "0.3.1"
        case .v0_4_0: "0.4.0"
        case .v1_0_0: "1.0.0"
        case .v1_1_0: "1.1.0"
        }
    }
}
