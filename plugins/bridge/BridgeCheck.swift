import Addressing
import CNI
import LinuxSystem
import PluginKit
import RouteNetlink

/// CHECK: whether the attachment is as ADD left it and later plugins of the chain reported it.
struct BridgeCheck {
    private let request: AttachmentRequest
    private let configuration: BridgeConfiguration
    private let previous: CNIResult
    private let name: LinkName

    init(_ request: AttachmentRequest, _ configuration: BridgeConfiguration) throws(CNIError) {
        guard let name = LinkName(request.attachment.ifname) else {
            throw .invalidEnvironment("CNI_IFNAME: \"\(request.attachment.ifname)\" is not the name of an interface")
        }
        self.name = name
        self.request = request
        self.configuration = configuration
        previous = try request.configuration.requiredPreviousResult()
    }

    func run() throws(CNIError) {
        let index = previous.interfaces.firstIndex { $0.name == name.text && !$0.sandbox.isEmpty }
        guard let index else {
            throw .invalidConfiguration("\"prevResult\": it lists no interface \(name) in the container")
        }
        let addresses = previous.addresses.filter { $0.interface == nil || $0.interface == index }
        let networks = addresses.map { $0.address }
        let container = try ContainerNetwork.open(request.attachment.netns)
        var inside = try InterfaceVerification(name, in: container)
        let link = try inside.link()
        let expected = previous.interfaces[index].macAddress
        if let expected, link.address != expected {
            throw .checkFailed(
                "\(name) has the hardware address \(link.address?.description ?? "none"), not \(expected)")
        }
        try inside.requireAddresses(networks, on: link.index)
        try inside.requireRoutes(previous.routes, addresses: addresses)
        try checkHost(peerOf: link)
        let attachment = BridgeAttachment(request.attachment, request.context)
        let rules = attachment.rules(configuration, address: expected ?? link.address, networks: networks)
        let missing = try attachment.countMissing(rules)
        if missing > 0 { throw .checkFailed("\(missing) of the attachment's nftables elements are missing") }
    }

    private func checkHost(peerOf link: Link) throws(CNIError) {
        var host = try BridgeHost(configuration)
        guard let bridge = try host.bridge() else {
            throw .checkFailed("the bridge \(configuration.bridge) does not exist")
        }
        if configuration.promiscuous, !bridge.flags.contains(.promiscuous) {
            throw .checkFailed("the bridge \(bridge.name) is not in promiscuous mode")
        }
        guard link.kind == .veth, let peer = link.peer, let port = try host.link(peer) else {
            throw .checkFailed("\(name) is not connected to the host")
        }
        guard port.master == bridge.index else {
            throw .checkFailed("\(port.name), the other end of \(name), is not a port of \(bridge.name)")
        }
        if configuration.hairpin, port.bridgePort?.hairpin != true {
            throw .checkFailed("the port \(port.name) is not in hairpin mode")
        }
        if configuration.portIsolation, port.bridgePort?.isolated != true {
            throw .checkFailed("the port \(port.name) is not isolated")
        }
    }
}
