public import Addressing
public import CNI
internal import LinuxSystem
public import RouteNetlink

/// CHECK's questions about a container's interface, whatever plugin made it.
public struct InterfaceVerification: ~Copyable {
    private let name: LinkName
    private var socket: RouteSocket

    /// Looks from inside the container's namespace.
    public init(_ name: LinkName, in container: borrowing ContainerNetwork) throws(CNIError) {
        self.name = name
        socket = try attempt("open an rtnetlink socket in the container") { () throws(SystemError) in
            try container.routeSocket()
        }
    }

    /// The interface; code 103 when it is not there.
    public mutating func link() throws(CNIError) -> Link {
        let found = try attempt("look up \(name) in the container") { () throws(SystemError) in
            try socket.link(named: name)
        }
        guard let found else { throw .checkFailed("\(name) does not exist in the container") }
        return found
    }

    /// Every address with its prefix length; code 103 naming one that is missing.
    public mutating func requireAddresses(_ expected: [IPNetwork], on link: LinkIndex) throws(CNIError) {
        let present = try attempt("list the addresses of \(name)") { () throws(SystemError) in
            try socket.addresses(of: link)
        }
        for network in expected where !present.contains(where: { $0.network == network }) {
            throw .checkFailed("\(name) has not the address \(network)")
        }
    }

    /// Every route, by destination and gateway, in whatever table: later plugins of a chain may move them.
    public mutating func requireRoutes(_ expected: [CNIResult.Route], addresses: [CNIResult.Address]) throws(CNIError) {
        for family in [IPFamily.v4, .v6] {
            let wanted = expected.filter { $0.destination.family == family }
            guard !wanted.isEmpty else { continue }
            let present = try attempt("list the container's routes") { () throws(SystemError) in
                try socket.routes(family)
            }
            let own = addresses.first { $0.address.family == family && $0.gateway != nil }?.gateway
            for route in wanted {
                let gateway = route.gateway ?? own
                let exists = present.contains {
                    $0.destination == route.destination.network && ($0.gateway == gateway || $0.gateway == nil)
                }
                guard !exists else { continue }
                let way = gateway.map { " via \($0)" } ?? ""
                throw .checkFailed("the container has no route to \(route.destination)\(way)")
            }
        }
    }
}
