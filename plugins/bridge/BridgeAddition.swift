import Addressing
import CNI
import JSON
import LinuxSystem
import PluginKit
import RouteNetlink

/// One ADD: its steps in their order, and how far it came, so that a failure undoes what was done.
struct BridgeAddition: ~Copyable {
    private enum Step: Int {
        case nothing, reserved, recorded, linked, ruled
    }

    private let request: AttachmentRequest
    private let configuration: BridgeConfiguration
    private let attachment: BridgeAttachment
    private let ipam: InProcessIPAM?
    private var step = Step.nothing

    init(_ request: AttachmentRequest, _ configuration: BridgeConfiguration) throws(CNIError) {
        self.request = request
        self.configuration = configuration
        attachment = BridgeAttachment(request.attachment, request.context)
        // Found before anything is made: a missing IPAM plugin must not leave links behind.
        ipam = configuration.hasIPAM ? try InProcessIPAM.resolve(request.configuration, in: request.context) : nil
    }

    /// Attaches the container.
    ///
    /// When it throws, nothing of this attachment is left.
    mutating func run() throws(CNIError) -> CNIResult {
        do throws(CNIError) {
            return try attach()
        } catch {
            let undone = undo()
            if undone.isEmpty { throw error }
            throw CNIError(code: error.code, message: error.message, details: "\(error.details); undoing it: \(undone)")
        }
    }

    private mutating func attach() throws(CNIError) -> CNIResult {
        let container = try ContainerNetwork.open(request.attachment.netns)
        guard let name = LinkName(request.attachment.ifname) else {
            throw .invalidEnvironment("CNI_IFNAME: \"\(request.attachment.ifname)\" is not the name of an interface")
        }
        var host = try BridgeHost(configuration)
        if try host.link(named: attachment.hostEnd) != nil {
            throw .invalidEnvironment(
                "CNI_CONTAINERID: \(request.attachment.containerID) is attached to this network by \(name) already",
                details: "its link \(attachment.hostEnd) is there; DEL removes it")
        }
        let address = try request.requestedMAC() ?? LinkNaming.randomAddress()
        var result = CNIResult()
        if let ipam {
            result = try ipam.add(request)
            step = .reserved
            try checkIPAM(result)
        }
        try completeGateways(&result)
        let rules = attachment.rules(configuration, address: address, networks: result.addresses.map { $0.address })
        try attachment.writeRecord(namespace: request.attachment.netns, rules)
        step = .recorded
        let bridge = try host.ensureBridge()
        let port = try host.addPort(
            attachment.hostEnd, container: name, address: address, bridge: bridge, in: container)
        step = .linked
        try configure(name, port, result, in: container)
        let gateways = gateways(of: result)
        let carrier = gateways.isEmpty ? bridge : try host.gatewayLink(bridge)
        try host.ensureGateways(gateways, on: carrier)
        step = .ruled
        try attachment.add(rules)
        // Last, when the kernel has mostly done it by itself.
        if !configuration.containerInterfaceStaysDown { try host.waitForPort(port) }
        describe(&result, bridge: bridge, port: port, container: (name, address))
        // As the reference lists it, behind the container's.
        if carrier.index != bridge.index { result.interfaces.append(Self.described(carrier)) }
        return result
    }

    private func checkIPAM(_ result: CNIResult) throws(CNIError) {
        guard result.addresses.isEmpty else { return }
        throw .invalidConfiguration(
            "\"ipam\": the IPAM plugin gave no address; a bridge without addresses needs no \"ipam\"")
    }

    /// A gateway where IPAM named none, and the default route, as `isGateway` and `isDefaultGateway` ask.
    private func completeGateways(_ result: inout CNIResult) throws(CNIError) {
        guard configuration.isGateway else { return }
        for index in result.addresses.indices {
            let entry = result.addresses[index]
            if entry.gateway == nil { result.addresses[index].gateway = entry.address.first.advanced(by: 1) }
            guard configuration.isDefaultGateway, let gateway = result.addresses[index].gateway else { continue }
            let family = entry.address.family
            let exists = result.routes.contains {
                $0.isDefault && $0.destination.family == family && $0.gateway != nil
            }
            let everywhere = IPNetwork(family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0), prefixLength: 0)
            if !exists, let everywhere { result.routes.append(CNIResult.Route(everywhere, gateway: gateway)) }
        }
    }

    /// The addresses that the bridge carries as the containers' gateway.
    private func gateways(of result: CNIResult) -> [IPNetwork] {
        guard configuration.isGateway else { return [] }
        var networks: [IPNetwork] = []
        for entry in result.addresses {
            guard let gateway = entry.gateway,
                let network = IPNetwork(gateway, prefixLength: entry.address.prefixLength)
            else { continue }
            if !networks.contains(network) { networks.append(network) }
        }
        return networks
    }

    private func configure(
        _ name: LinkName, _ port: Link, _ result: CNIResult, in container: borrowing ContainerNetwork
    )
        throws(CNIError)
    {
        guard !configuration.containerInterfaceStaysDown else { return }
        guard let index = port.peer else {
            throw CNIError(
                code: CNIError.Code.kernelRefused, message: "cannot find the other end of \(port.name)",
                details: "the kernel's echo names no peer")
        }
        var settings = InterfaceSettings(name: name, index: index, addresses: result.addresses, routes: result.routes)
        settings.detectDuplicates = configuration.detectDuplicates
        let wanted = settings
        try attempt("configure \(name) in the container") { () throws(SystemError) in
            try container.inside { () throws(SystemError) in try wanted.apply() }
        }
    }

    private static func described(_ link: Link) -> CNIResult.Interface {
        CNIResult.Interface(name: link.name, mac: link.address?.description ?? "", mtu: Int(link.mtu))
    }

    private func describe(
        _ result: inout CNIResult, bridge: Link, port: Link, container: (name: LinkName, address: MACAddress)
    ) {
        let mtu = Int(port.mtu)
        result.interfaces = [
            Self.described(bridge), Self.described(port),
            CNIResult.Interface(
                name: container.name.text, mac: container.address.description, mtu: mtu,
                sandbox: request.attachment.netns),
        ]
        for index in result.addresses.indices { result.addresses[index].interface = 2 }
        if let dns = configuration.dns, !dns.isEmpty { result.dns = dns }
    }

    /// Undoes, newest first, and goes on after a failure; answers what could not be undone.
    private mutating func undo() -> String {
        var failures: [String] = []
        func trying(_ body: () throws(CNIError) -> Void) {
            do throws(CNIError) { try body() } catch { failures.append(error.description) }
        }
        if step.rawValue >= Step.ruled.rawValue { trying { () throws(CNIError) in try attachment.removeRules() } }
        if step.rawValue >= Step.linked.rawValue {
            trying { () throws(CNIError) in
                var host = try BridgeHost(configuration)
                _ = try host.removePort(attachment.hostEnd, waiting: true)
            }
        }
        if step.rawValue >= Step.recorded.rawValue, failures.isEmpty {
            trying { () throws(CNIError) in try attachment.removeRecord() }
        }
        if step.rawValue >= Step.reserved.rawValue, let ipam {
            trying { () throws(CNIError) in try ipam.delete(request) }
        }
        return failures.joined(separator: "; ")
    }
}
