/// One interface of one container, as a runtime names it.
public struct CNIAttachment: Sendable, CustomStringConvertible {
    /// CNI_CONTAINERID.
    public var containerID: String
    /// CNI_NETNS; nil: not set.
    public var namespace: String?
    /// CNI_IFNAME.
    public var interface: String
    /// CNI_ARGS; nil: not set.
    public var arguments: String?
    /// What the runtime offers under runtimeConfig, per capability.
    public var capabilityArguments: [String: Document]

    /// An attachment of a container of a test host.
    public init(
        _ container: Container, id: String? = nil, interface: String = "eth0", arguments: String? = nil,
        capabilityArguments: [String: Document] = [:]
    ) {
        containerID = id ?? container.name
        namespace = container.path
        self.interface = interface
        self.arguments = arguments
        self.capabilityArguments = capabilityArguments
    }

    var variables: [String: String] {
        var variables = ["CNI_CONTAINERID": containerID, "CNI_IFNAME": interface]
        variables["CNI_NETNS"] = namespace
        variables["CNI_ARGS"] = arguments
        return variables
    }

    /// As GC's list names it.
    public var valid: Document { ["containerID": .string(containerID), "ifname": .string(interface)] }

    /// The text for messages.
    public var description: String { "\(containerID)/\(interface)" }
}
