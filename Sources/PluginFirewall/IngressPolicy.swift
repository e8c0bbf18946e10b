public import Addressing
internal import Nftables

/// Who may open connections to the containers of a bridge: the firewall plugin's `ingressPolicy`.
public enum IngressPolicy: String, Hashable, Sendable, CaseIterable {
    /// Everybody.
    case open
    /// Containers of the same bridge, and whoever has no such policy: other bridges with a policy may not.
    case sameBridge = "same-bridge"
    /// As `sameBridge`, and not even containers of the same bridge.
    case isolated

    /// The elements that all attachments to the bridge share.
    func elements(bridge: String) -> [FirewallElement] {
        let member = FirewallElement(SharedSet(.policyBridges), [.link(bridge)])
        switch self {
        case .open: return []
        case .sameBridge: return [member, FirewallElement(SharedSet(.sameBridge), [.link(bridge), .link(bridge)])]
        case .isolated: return [member]
        }
    }
}

/// What the firewall plugin keeps for one attachment.
public struct ForwardPermission: Hashable, Sendable {
    /// The container's addresses.
    public let addresses: [IPAddress]
    /// Who may reach them.
    public let policy: IngressPolicy
    /// The bridge; empty where the attachment has none.
    public let bridge: String
    /// The host's end of the container's link; empty where it is not known.
    public let port: String

    /// Describes what an attachment needs.
    public init(addresses: [IPAddress], policy: IngressPolicy, bridge: String, port: String) {
        self.addresses = addresses
        self.policy = policy
        self.bridge = bridge
        self.port = port
    }

    /// The attachment's own elements.
    public var elements: [FirewallElement] {
        var elements = addresses.map { FirewallElement(SharedSet(.allowed, $0.family), [.address($0)]) }
        if policy == .isolated, !port.utf8.isEmpty {
            elements.append(FirewallElement(SharedSet(.isolated), [.link(port)]))
        }
        return elements
    }

    /// The elements of the bridge.
    public var bridgeElements: [FirewallElement] {
        bridge.utf8.isEmpty ? [] : policy.elements(bridge: bridge)
    }

    /// The elements that the bridge would have under other policies.
    var otherBridgeElements: [FirewallElement] {
        if bridge.utf8.isEmpty { return [] }
        let own = bridgeElements
        return IngressPolicy.sameBridge.elements(bridge: bridge).filter { !own.contains($0) }
    }

    /// Where an attachment's own elements stand.
    public static var sets: [SharedSet] { SharedSet.both(.allowed) + [SharedSet(.isolated)] }

    /// Where the elements of bridges stand.
    static var bridgeSets: [SharedSet] { [SharedSet(.policyBridges), SharedSet(.sameBridge)] }
}
