public import Addressing

/// Consecutive addresses of one subnet that may be handed out, and the gateway told to those who get them.
public struct AddressRange: Hashable, Sendable {
    /// The subnet; its prefix length goes with each address handed out.
    public let subnet: IPNetwork
    /// The first address, itself included.
    public let start: IPAddress
    /// The last address, itself included.
    public let end: IPAddress
    /// The gateway; it is never handed out, even when the range contains it.
    public let gateway: IPAddress

    /// A range of `subnet`.
    ///
    /// What is nil takes the reference plugin's default: both the gateway and the start are the address after the
    /// network's own; the end is the last address, in IPv4 the last before broadcast.
    ///
    /// A gateway outside the subnet must be link-local: the kernel refuses a route through any other.
    public init(
        subnet: IPNetwork, start: IPAddress? = nil, end: IPAddress? = nil, gateway: IPAddress? = nil
    ) throws(IPAMError) {
        guard subnet.prefixLength <= subnet.family.bitWidth - 2 else { throw .subnetTooSmall(subnet) }
        guard subnet.isNetwork else { throw .hostBits(subnet) }
        // At least four addresses: neither step leaves the subnet.
        let second = subnet.first.advanced(by: 1) ?? subnet.first
        let last = subnet.family == .v4 ? subnet.last.advanced(by: -1) ?? subnet.last : subnet.last
        self.subnet = subnet
        self.start = start ?? second
        self.end = end ?? last
        self.gateway = gateway ?? second
        guard subnet.contains(self.start) else { throw .startOutside(self.start, subnet) }
        guard subnet.contains(self.end) else { throw .endOutside(self.end, subnet) }
        guard self.start <= self.end else { throw .endBeforeStart(start: self.start, end: self.end) }
        let gatewayIsUsable =
            self.gateway.family == subnet.family && (subnet.contains(self.gateway) || self.gateway.isLinkLocal)
        guard gatewayIsUsable else { throw .gatewayOutside(self.gateway, subnet) }
    }

    /// Whether the address lies between start and end.
    @inline(never)
    public func contains(_ address: IPAddress) -> Bool {
        address.family == subnet.family && start <= address && address <= end
    }

    /// Whether the two ranges have an address in common.
    public func overlaps(_ other: AddressRange) -> Bool {
        subnet.family == other.subnet.family && start <= other.end && other.start <= end
    }

    /// How many addresses may be handed out: all but the gateway.
    ///
    /// It saturates for the whole of IPv6.
    public var capacity: UInt128 {
        let (count, overflow) = (end.bits - start.bits).addingReportingOverflow(1)
        if overflow { return UInt128.max }
        return contains(gateway) ? count - 1 : count
    }
}

extension AddressRange: CustomStringConvertible {
    /// First and last address: `10.1.0.1-10.1.0.254`.
    public var description: String { "\(start)-\(end)" }
}
