import Addressing
import CNI
import LinuxSystem
import PluginFirewall
import PluginKit
import RouteNetlink

/// Joins containers to a Linux bridge on the host.
@main
struct BridgePlugin: Plugin {
    static var name: String { "bridge" }
    static var about: String { "joins a container to a bridge on the host" }
    static var minimumVersion: CNIVersion { .v0_1_0 }
    static var namespaceRule: NamespaceRule { .another }

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) -> BridgeConfiguration {
        try BridgeConfiguration(configuration)
    }

    static func add(_ request: AttachmentRequest, _ configuration: BridgeConfiguration) throws(CNIError) -> CNIResult {
        var addition = try BridgeAddition(request, configuration)
        return try addition.run()
    }

    static func check(_ request: AttachmentRequest, _ configuration: BridgeConfiguration) throws(CNIError) {
        if configuration.hasIPAM {
            try InProcessIPAM.resolve(request.configuration, in: request.context).check(request)
        }
        try BridgeCheck(request, configuration).run()
    }

    /// Rules, link, address, record: in this order, so that an address is free only when nothing uses it any more.
    static func delete(_ request: AttachmentRequest, _ configuration: BridgeConfiguration) throws(CNIError) {
        let attachment = BridgeAttachment(request.attachment, request.context)
        var teardown = Teardown()
        teardown.step { () throws(CNIError) in try attachment.removeRules() }
        teardown.step { () throws(CNIError) in try removeLink(request, configuration, attachment) }
        if configuration.hasIPAM {
            teardown.step { () throws(CNIError) in
                try InProcessIPAM.resolve(request.configuration, in: request.context).delete(request)
            }
        }
        try teardown.finish()
        try attachment.removeRecord()
    }

    private static func removeLink(
        _ request: AttachmentRequest, _ configuration: BridgeConfiguration, _ attachment: BridgeAttachment
    ) throws(CNIError) {
        let waiting = request.context.variable(WaitForRemoval.variable) == "1"
        var host = try BridgeHost(configuration)
        if try host.removePort(attachment.hostEnd, waiting: waiting) { return }
        // An attachment that another suite made: its host end has a name of that suite's choosing.
        if let container = ContainerNetwork.openIfPresent(request.attachment.netns),
            let name = LinkName(request.attachment.ifname)
        {
            var socket = try attempt("look into the container") { () throws(SystemError) in
                try container.routeSocket()
            }
            let link = try attempt("look up \(name) in the container") { () throws(SystemError) in
                try socket.link(named: name)
            }
            // One of ours belongs to another attachment, for which this one's ADD was refused.
            if let link, link.kind == .veth, try !host.isHostEndOfOurs(of: link) {
                try attempt("remove \(name) from the container") { () throws(SystemError) in
                    _ = try socket.delete(link.index)
                }
            }
        }
        guard let previous = request.configuration.previousResult else { return }
        for interface in previous.interfaces
        where interface.sandbox.isEmpty && interface.name != configuration.bridge.text {
            guard let name = LinkName(interface.name), let link = try host.link(named: name), link.kind == .veth,
                link.address?.description == interface.mac, let bridge = try host.bridge(), link.master == bridge.index
            else { continue }
            _ = try host.removePort(name, waiting: waiting)
        }
    }

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: BridgeConfiguration, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        var teardown = Teardown()
        let network = request.configuration.name
        var dead: [Attachment.ID] = []
        teardown.step { () throws(CNIError) in
            let records = RecordStore(root: StateDirectories(request.context).attachments)
            dead = try attemptFile("read the attachment records of \(network)") { () throws(SystemError) in
                try records.records(network: network, plugin: BridgeAttachment.plugin)
            }.map { Attachment.ID(containerID: $0.key.containerID, ifname: $0.key.interface) }
        }
        for id in dead where !valid.contains(id) {
            teardown.step { () throws(CNIError) in
                let attachment = BridgeAttachment(
                    network: network, containerID: id.containerID, interface: id.ifname, request.context)
                try attachment.removeRules()
                var host = try BridgeHost(configuration)
                _ = try host.removePort(attachment.hostEnd, waiting: true)
                try attachment.removeRecord()
            }
        }
        teardown.step { () throws(CNIError) in
            let owners = valid.map { Owner(network: network, containerID: $0.containerID, interface: $0.ifname) }
            try withFirewall { (firewall) throws(FirewallError) in
                let sets = try BridgeAttachment.sets(&firewall)
                _ = try firewall.collectGarbage(in: sets, network: network, keeping: owners)
            }
        }
        if configuration.hasIPAM {
            teardown.step { () throws(CNIError) in
                try InProcessIPAM.resolve(request.configuration, in: request.context)
                    .collectGarbage(request, keeping: valid)
            }
        }
        try teardown.finish()
    }

    static func status(_ request: NetworkRequest, _ configuration: BridgeConfiguration) throws(CNIError) {
        var host = try BridgeHost(configuration)
        try host.checkKernel()
        if configuration.ipMasq || configuration.macSpoofCheck {
            do throws(CNIError) {
                try withFirewall { (firewall) throws(FirewallError) in try firewall.probe() }
            } catch {
                throw .notAvailable(
                    "nf_tables does not answer; ipMasq and macspoofchk need it", details: error.description)
            }
        }
        if configuration.hasIPAM {
            try InProcessIPAM.resolve(request.configuration, in: request.context).status(request)
        }
    }
}
