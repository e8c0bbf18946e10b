/// A reader of bytes from outside, with what must hold whatever the bytes are.
///
/// A target traps (`precondition`) when its promise is broken; that is what libFuzzer looks for. The same function replays
/// the committed corpus in `swift test`.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The JSON reader and writer.
    case json
    /// A plugin's process: environment, configuration, result, error.
    case cni
    /// The configuration of the plugin of this name.
    case bridge, portmap, firewall, tuning
    /// The configuration of host-local.
    case hostLocal = "host-local"
    /// The configuration of static.
    case fixed = "static"
    /// An image's index, manifest and configuration, and docker save's list.
    case image
    /// Texts of addresses, networks and MAC addresses.
    case addressing
    /// A runtime's files: network lists, kept attachments, base64.
    case networks
    /// A directory of reservations, and the index beside it.
    case ipam
    /// Netlink framing: acknowledgements, dumps, attributes.
    case netlink
    /// What nf_tables says of its tables, chains, rules, sets and elements.
    case nftables
    /// What conntrack says of the flows it tracks.
    case conntrack
    /// What the kernel says of links, addresses and routes.
    case route
    /// A seccomp profile, OCI's or docker's.
    case seccomp
    /// A bundle's config.json, a process to execute, a container's state.
    case oci

    /// Feeds it one input.
    public func run(_ bytes: [UInt8]) {
        switch self {
        case .json: fuzzJSON(bytes)
        case .cni: fuzzCNI(bytes)
        case .bridge: fuzzBridge(bytes)
        case .portmap: fuzzPortmap(bytes)
        case .firewall: fuzzFirewall(bytes)
        case .tuning: fuzzTuning(bytes)
        case .hostLocal: fuzzHostLocal(bytes)
        case .fixed: fuzzStatic(bytes)
        case .image: fuzzImage(bytes)
        case .addressing: fuzzAddressing(bytes)
        case .networks: fuzzNetworks(bytes)
        case .ipam: fuzzIPAM(bytes)
        case .netlink: fuzzNetlink(bytes)
        case .nftables: fuzzNftables(bytes)
        case .conntrack: fuzzConntrack(bytes)
        case .route: fuzzRoute(bytes)
        case .seccomp: fuzzSeccomp(bytes)
        case .oci: fuzzOCI(bytes)
        }
    }
}
