public import Addressing

/// Which tracked flows are meant: all that have everything named here.
public struct FlowPattern: Hashable, Sendable {
    /// The transport protocol.
    public let transport: TransportProtocol
    /// The ports the flow's first packet may have gone to, before translation; nil for any.
    public let destinationPorts: ClosedRange<UInt16>?
    /// Where the flow's first packet went, before translation; nil for anywhere.
    public let destination: IPAddress?
    /// Where answers come from, before they are translated back: the container; nil for anybody.
    public let replySource: IPAddress?

    /// Describes flows.
    public init(
        _ transport: TransportProtocol, destinationPorts: ClosedRange<UInt16>? = nil, destination: IPAddress? = nil,
        replySource: IPAddress? = nil
    ) {
        self.transport = transport
        self.destinationPorts = destinationPorts
        self.destination = destination
        self.replySource = replySource
    }

    /// Whether `flow` is one of those meant.
    func matches(_ flow: TrackedFlow) -> Bool {
        guard flow.original.transport == transport.number else { return false }
        if let destinationPorts {
            guard let port = flow.original.destinationPort, destinationPorts.contains(port) else { return false }
        }
        if let destination, flow.original.destination != destination { return false }
        if let replySource, flow.reply.source != replySource { return false }
        return true
    }
}
