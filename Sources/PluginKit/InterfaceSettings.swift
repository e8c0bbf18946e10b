internal import Addressing
public import CNI
public import LinuxSystem
public import RouteNetlink

/// What a container's interface shall have: addresses, routes, a state.
public struct InterfaceSettings: Sendable {
    /// Its name.
    public var name: LinkName
    /// Its number in the container.
    public var index: LinkIndex
    /// Its addresses and their gateways.
    public var addresses: [CNIResult.Address]
    /// Routes through it.
    ///
    /// One without a gateway goes by the gateway of its family's first address.
    public var routes: [CNIResult.Route]
    /// Whether it is brought up.
    public var up = true
    /// Whether IPv6 addresses wait for duplicate address detection (RFC 4862), which takes one to two seconds.
    public var detectDuplicates = false

    /// How long duplicate address detection may take, in milliseconds: the kernel's default is below two seconds.
    private static let duplicateDeadline = 10_000

    /// Settings of an interface.
    public init(name: LinkName, index: LinkIndex, addresses: [CNIResult.Address], routes: [CNIResult.Route]) {
        self.name = name
        self.index = index
        self.addresses = addresses
        self.routes = routes
    }

    private var hasIPv6: Bool { addresses.contains { $0.address.family == .v6 } }

    /// Applies them, from within the container's namespace: one datagram, three when there is IPv6 with detection.
    public func apply() throws(SystemError) {
        try writeSettings()
        let waits = up && detectDuplicates && hasIPv6
        // Subscribed to before the addresses are there.
        var monitor = waits ? try RouteSocket.open(groups: RouteSocket.ipv6AddressGroup) : nil
        var socket = try RouteSocket.open()
        var batch = RouteBatch()
        let announces = addresses.contains { $0.address.family == .v4 }
        if announces {
            // Neighbours that knew the address from another container learn the new hardware address at once.
            var change = LinkChange()
            change.announcesAddresses = true
            batch.set(index, change)
        }
        for address in addresses {
            batch.add(InterfaceAddress(address.address, on: index, detectDuplicates: detectDuplicates))
        }
        if up {
            var change = LinkChange()
            change.up = true
            batch.set(index, change)
            for route in kernelRoutes { batch.add(route, .append) }
        }
        let outcome = try socket.perform(batch)
        for (request, error) in outcome.errors.enumerated() {
            if let error { throw error.about(subject(of: request - (announces ? 1 : 0))) }
        }
        guard waits, var watched = monitor.take() else { return }
        try socket.waitForDuplicateDetection(
            on: index, watching: &watched, milliseconds: InterfaceSettings.duplicateDeadline)
    }

    /// A kernel without IPv6 has none of its settings; one without a setting goes on with its default.
    private func writeSettings() throws(SystemError) {
        guard hasIPv6 else { return }
        try Sysctl.ensure("net/ipv6/conf/\(name)/disable_ipv6", "0")
        try Sysctl.set("net/ipv6/conf/\(name)/keep_addr_on_down", "1")
        if !detectDuplicates { try Sysctl.set("net/ipv6/conf/\(name)/accept_dad", "0") }
    }

    /// The routes as the kernel takes them.
    public var kernelRoutes: [Route] {
        routes.map { route in
            let family = route.destination.family
            let own = addresses.first { $0.address.family == family && $0.gateway != nil }?.gateway
            var wanted = Route(to: route.destination, gateway: route.gateway ?? own, link: index)
            wanted.priority = route.priority.flatMap { UInt32(exactly: $0) }
            wanted.table = route.table.flatMap { UInt32(exactly: $0) }
            wanted.scope = route.scope.flatMap { UInt8(exactly: $0) }
            wanted.mtu = route.mtu.flatMap { UInt32(exactly: $0) }
            wanted.advertisedSegmentSize = route.advmss.flatMap { UInt32(exactly: $0) }
            return wanted
        }
    }

    /// `request` counts from the first address; the one before it changes a setting.
    private func subject(of request: Int) -> String {
        if request >= 0, request < addresses.count { return "\(addresses[request].address) on \(name)" }
        let index = request - addresses.count - 1
        return index >= 0 && index < routes.count ? "\(routes[index].destination) on \(name)" : name.text
    }
}
