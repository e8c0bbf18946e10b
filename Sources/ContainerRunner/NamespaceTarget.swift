internal import CNI
internal import CNIRuntime
internal import JSON
internal import LinuxSystem

/// What a person attaches by hand: a namespace, a process's namespace, or a container of ours.
public enum NamespaceTarget: Hashable, Sendable {
    /// The namespace at a path.
    case path(String)
    /// The namespace a process lives in.
    case process(Int32)
    /// A running container, by name or id.
    case container(String)

    /// The path as CNI_NETNS takes it; nil for containers, whose path is looked up.
    var path: String? {
        switch self {
        case .path(let path): path
        case .process(let identifier): "/proc/\(identifier)/ns/net"
        case .container: nil
        }
    }

    /// CNI_CONTAINERID for a namespace that is no container's: the same for every verb, also once it is gone.
    static func identifier(ofPath path: String) -> String { "netns-" + Digest.sha256Hex(path, digits: 20) }
}

/// What may be asked of an attachment beyond its network's configuration.
public struct AttachmentWishes: Hashable, Sendable {
    /// The interface inside; nil for the first free of eth0, eth1, ….
    public var interface: String?
    /// Ports to publish.
    public var ports: [PortMapping] = []
    /// An address to have, with or without prefix length.
    public var address: String?
    /// A link-layer address to have.
    public var mac: String?

    /// No wishes.
    public init() {}

    /// The wishes as capability arguments, and as CNI_ARGS for plugins that know only those.
    func target(containerID: String, interface: String, netns: String) throws(RunnerError) -> AttachmentTarget {
        var capabilities = JSONObject()
        var words = ["IgnoreUnknown=1"]
        if !ports.isEmpty { capabilities["portMappings"] = .array(ports.flatMap { $0.capabilityEntries }) }
        if let address {
            capabilities["ips"] = .array([.string(address)])
            words.append("IP=\(address)")
        }
        if let mac {
            capabilities["mac"] = .string(mac)
            words.append("MAC=\(mac)")
        }
        let arguments: CNIArguments
        do throws(CNIError) {
            arguments = try words.count > 1 ? CNIArguments(words.joined(separator: ";")) : CNIArguments()
        } catch {
            throw .network(RuntimeError("the wishes for the attachment", error))
        }
        return AttachmentTarget(
            containerID: containerID, ifname: interface, netns: netns, arguments: arguments,
            capabilityArguments: capabilities)
    }
}
