public import CNI
public import JSON

/// Which container is attached by which interface, and what the runtime asks for beyond the configuration.
public struct AttachmentTarget: Hashable, Sendable {
    /// The container.
    public let containerID: String
    /// The interface's name inside the container.
    public let ifname: String
    /// The path of the container's network namespace; empty for DEL when it is gone.
    public let netns: String
    /// CNI_ARGS.
    public let arguments: CNIArguments
    /// Arguments by capability, as `portMappings`; a plugin gets those whose capability it declares.
    public let capabilityArguments: JSONObject

    /// A container and its interface.
    public init(
        containerID: String, ifname: String, netns: String, arguments: CNIArguments = CNIArguments(),
        capabilityArguments: JSONObject = JSONObject()
    ) {
        self.containerID = containerID
        self.ifname = ifname
        self.netns = netns
        self.arguments = arguments
        self.capabilityArguments = capabilityArguments
    }
}
