import Addressing
import LinuxSystem
import RouteNetlink

/// Reads the input as what the kernel answers to each question about links, addresses and routes.
func fuzzRoute(_ bytes: [UInt8]) {
    var dumping = RouteConnection(ReplayTransport(bytes))
    for link in (try? dumping.links()) ?? [] {
        // What was observed is tolerant: a name may be anything that is text.
        _ = "\(link.name) \(link.address?.description ?? "")"
    }
    var one = RouteConnection(ReplayTransport(bytes))
    _ = try? one.link(LinkIndex(1))
    var addressing = RouteConnection(ReplayTransport(bytes))
    for address in (try? addressing.addresses()) ?? [] {
        precondition(
            address.network.prefixLength <= address.network.family.bitWidth, "a prefix longer than its address")
    }
    for family in [IPFamily.v4, .v6] {
        var routing = RouteConnection(ReplayTransport(bytes))
        for route in (try? routing.routes(family)) ?? [] {
            let destination = route.destination
            precondition(destination.prefixLength <= destination.family.bitWidth, "a prefix longer than its address")
        }
    }
}
