public import Addressing
internal import Nftables

/// All that one attachment publishes: its ports, and which of their users see this host as the source.
public struct PortPublication: Hashable, Sendable {
    /// Whose source address becomes this host's.
    public enum SourceTranslation: Hashable, Sendable {
        /// Nobody's: `snat` false.
        case none
        /// Of those whose answers would not come back otherwise: the container's subnet, and 127.0.0.0/8.
        case own
        /// Of all: `masqAll`.
        case all
    }

    /// The published ports.
    public let ports: [PublishedPort]
    /// The container's addresses with their subnets, at most one of each family.
    public let containers: [IPNetwork]
    /// Whose source is translated.
    public let sourceTranslation: SourceTranslation
    /// What packets must be like; nil when everybody may use the ports.
    public let conditions: PortConditions?

    /// Describes what is published.
    public init(
        _ ports: [PublishedPort], containers: [IPNetwork], sourceTranslation: SourceTranslation,
        conditions: PortConditions?
    ) {
        self.ports = ports
        self.containers = containers
        self.sourceTranslation = sourceTranslation
        self.conditions = conditions
    }

    /// The elements, in the order in which they are added; no element twice.
    public var elements: [FirewallElement] {
        var elements: [FirewallElement] = []
        for container in containers {
            let family = container.family
            let concerned = ports.filter { $0.concerns(family) }
            if concerned.isEmpty { continue }
            if let chain = hairpin(container) {
                elements.append(FirewallElement(SharedSet(chain), [.address(container.address)]))
            }
            for port in concerned {
                elements += port.elements(to: container.address, condition: conditions?.digest ?? "")
            }
        }
        return elements
    }

    private func hairpin(_ container: IPNetwork) -> SubnetChain? {
        switch sourceTranslation {
        case .none: nil
        case .own: .hairpin(container)
        case .all: .hairpinAll(container.family)
        }
    }
}
