import Addressing
import CNI
import LinuxSystem
import PluginFirewall

/// The keys of portmap: README.md describes each.
struct PortmapConfiguration {
    /// The published ports, none of which overlaps another.
    let ports: [PublishedPort]
    /// What is accepted and has no effect here, for standard error.
    let warnings: [String]
    private let sourceTranslation: PortPublication.SourceTranslation
    private let conditions: PortConditions?

    /// Where nothing is asked for.
    init() {
        ports = []
        warnings = []
        sourceTranslation = .none
        conditions = nil
    }

    init(_ configuration: NetworkConfiguration) throws(CNIError) {
        let keys = configuration.keys
        // Every backend means the same here: all rules are nf_tables'.
        _ = try keys.choice("backend", default: Backend.iptables)
        let translates = try keys.bool("snat", default: true)
        let translatesAll = try keys.bool("masqAll", default: false)
        let markBit = try keys.integer("markMasqBit", in: 0...31)
        let markChain = try keys.string("externalSetMarkChain", default: "")
        if markBit != nil, !markChain.isEmpty {
            throw .invalidConfiguration("\"externalSetMarkChain\" and \"markMasqBit\" exclude each other")
        }
        warnings =
            markChain.isEmpty
            ? [] : ["\"externalSetMarkChain\": iptables' chain \(markChain) is not used; hawser's own rules masquerade"]
        sourceTranslation = !translates ? .none : translatesAll ? .all : .own
        conditions = try Self.conditions(configuration)
        ports = try Self.ports(configuration)
    }

    /// What is published for the container's addresses in `result`.
    func publication(for result: CNIResult, _ attachment: Attachment) -> PortPublication {
        var containers: [IPNetwork] = []
        for address in result.addresses {
            if let index = address.interface, result.interfaces.indices.contains(index) {
                let interface = result.interfaces[index]
                if interface.name != attachment.ifname || interface.sandbox.isEmpty { continue }
            }
            if !containers.contains(where: { $0.family == address.address.family }) {
                containers.append(address.address)
            }
        }
        return PortPublication(
            ports, containers: containers, sourceTranslation: sourceTranslation, conditions: conditions)
    }

    private enum Backend: String, CaseIterable {
        case iptables
        case nftables
    }

    private static func conditions(_ configuration: NetworkConfiguration) throws(CNIError) -> PortConditions? {
        let keys = configuration.keys
        let ipv4 = try keys.stringList("conditionsV4")
        let ipv6 = try keys.stringList("conditionsV6")
        do throws(ConditionError) {
            return try PortConditions(network: configuration.name, ipv4: ipv4, ipv6: ipv6)
        } catch {
            throw .invalidConfiguration("\"conditionsV4\" or \"conditionsV6\": \(error)")
        }
    }

    private static func ports(_ configuration: NetworkConfiguration) throws(CNIError) -> [PublishedPort] {
        guard let runtime = try configuration.runtimeConfig() else { return [] }
        var ports: [PublishedPort] = []
        var elements = 0
        for entry in try runtime.objects("portMappings") {
            let port = try port(entry)
            if ports.contains(port) { continue }
            for other in ports where port.overlaps(other) {
                throw .invalidConfiguration("\"runtimeConfig.portMappings\" publishes \(port) twice: also as \(other)")
            }
            elements += port.elementCount
            guard elements <= PublishedPort.elementLimit else {
                throw .invalidConfiguration(
                    "\"runtimeConfig.portMappings\" needs more than \(PublishedPort.elementLimit) elements",
                    details:
                        "a range takes one for each port unless host and container ports are equal and no hostIP is given"
                )
            }
            ports.append(port)
        }
        return ports
    }

    private static func port(_ entry: ConfigurationObject) throws(CNIError) -> PublishedPort {
        let hostPort = try entry.required(try entry.integer("hostPort", in: 1...65535), "hostPort")
        let containerPort = try entry.required(try entry.integer("containerPort", in: 1...65535), "containerPort")
        let count = try entry.integer("range", in: 1...65535, default: 1)
        guard max(hostPort, containerPort) + count - 1 <= 65535 else {
            throw entry.invalid("range", "the range must end at port 65535")
        }
        let name = try entry.string("protocol", default: "")
        let word = name.isEmpty ? "tcp" : name
        guard let transport = PublishedPort.Transport.allCases.first(where: { isEqualIgnoringCase($0.rawValue, word) })
        else {
            throw entry.invalid("protocol", "it must be one of \"tcp\", \"udp\", \"sctp\", \"dccp\", \"udplite\"")
        }
        let address = try entry.address("hostIP")
        if let address, address.isMulticast { throw entry.invalid("hostIP", "no host has this address") }
        return PublishedPort(
            transport, hostAddress: address, hostPort: UInt16(hostPort), containerPort: UInt16(containerPort),
            count: count)
    }
}
