import Addressing
import CNI
import LinuxSystem
import PluginKit
import RouteNetlink

/// A container in the host's own network namespace: nothing is made, the host's addresses are listed.
@main
struct HostPlugin: Plugin {
    static var name: String { "host" }
    static var about: String { "leaves the container in the host's network namespace" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .judgedByPlugin }

    struct Configuration {}

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> Configuration {
        Configuration()
    }

    /// Interfaces without a sandbox, as those of a host are, and their global addresses.
    static func add(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) -> CNIResult {
        try requireOwnNamespace(request.attachment.netns)
        let (links, addresses) = try attempt("list the host's interfaces") {
            () throws(SystemError) -> ([Link], [InterfaceAddress]) in
            var socket = try RouteSocket.open()
            return (try socket.links(), try socket.addresses())
        }
        var result = CNIResult()
        for link in links where !link.flags.contains(.loopback) {
            let own = addresses.filter { $0.link == link.index && $0.scope == 0 }
            guard !own.isEmpty else { continue }
            let position = result.interfaces.count
            result.interfaces.append(
                CNIResult.Interface(name: link.name, mac: link.address?.description ?? "", mtu: Int(link.mtu)))
            for address in own { result.addresses.append(CNIResult.Address(address.network, interface: position)) }
        }
        return result
    }

    static func check(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) {
        try requireOwnNamespace(request.attachment.netns)
    }

    static func delete(_ request: AttachmentRequest, _ configuration: Configuration) throws(CNIError) {
        // ADD made nothing.
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: Configuration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        // ADD made nothing.
    }

    static func status(_ request: NetworkRequest, _ configuration: Configuration) throws(CNIError) {
        // Every host has its own namespace.
    }

    /// CNI_NETNS is empty, or a path to the namespace that this process runs in; anything else is code 7.
    private static func requireOwnNamespace(_ path: String) throws(CNIError) {
        if path.isEmpty { return }
        let isOwn: Bool
        do throws(SystemError) {
            isOwn = try NamespaceRule.isOwn(path)
        } catch {
            throw .invalidEnvironment("CNI_NETNS: \"\(path)\" is not a network namespace", details: error.description)
        }
        guard !isOwn else { return }
        throw .invalidConfiguration(
            "CNI_NETNS: \"\(path)\" is a namespace of its own; the network \"host\" needs the host's, or an empty CNI_NETNS"
        )
    }
}
