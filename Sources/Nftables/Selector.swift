public import Addressing

/// What of a packet is looked at.
public enum Selector: Hashable, Sendable {
    /// The network protocol: `meta nfproto`.
    case family
    /// The transport protocol: `meta l4proto`.
    case transport
    case source(IPFamily)
    case destination(IPFamily)
    /// The port of whichever transport there is: `th sport`.
    case sourcePort
    case destinationPort
    case inputLink
    case outputLink
    case inputLinkIndex
    case outputLinkIndex
    case mark
    case connectionMark
    /// The destination the connection's first packet had, before translation.
    case originalDestination(IPFamily)
    case originalDestinationPort
    case sourceHardware
    case destinationHardware

    /// The data type a set must have to be asked for this.
    public var type: DataType? {
        switch self {
        case .family: nil
        case .transport: .transport
        case .source(let family), .destination(let family), .originalDestination(let family): .address(family)
        case .sourcePort, .destinationPort, .originalDestinationPort: .port
        case .inputLink, .outputLink: .linkName
        case .inputLinkIndex, .outputLinkIndex: .linkIndex
        case .mark, .connectionMark: .mark
        case .sourceHardware, .destinationHardware: .hardwareAddress
        }
    }

    /// The network protocol a packet must have to be looked at.
    var family: IPFamily? {
        switch self {
        case .source(let family), .destination(let family): family
        default: nil
        }
    }

    /// Whether the packet must have come in an Ethernet frame.
    var needsEthernet: Bool { self == .sourceHardware || self == .destinationHardware }
}

extension Selector: CustomStringConvertible {
    /// As nft(8) writes it.
    public var description: String {
        switch self {
        case .family: "meta nfproto"
        case .transport: "meta l4proto"
        case .source(let family): "\(TableFamily(family)) saddr"
        case .destination(let family): "\(TableFamily(family)) daddr"
        case .sourcePort: "th sport"
        case .destinationPort: "th dport"
        case .inputLink: "iifname"
        case .outputLink: "oifname"
        case .inputLinkIndex: "iif"
        case .outputLinkIndex: "oif"
        case .mark: "meta mark"
        case .connectionMark: "ct mark"
        case .originalDestination(let family): "ct original \(TableFamily(family)) daddr"
        case .originalDestinationPort: "ct original proto-dst"
        case .sourceHardware: "ether saddr"
        case .destinationHardware: "ether daddr"
        }
    }
}

func concatenation(_ selectors: [Selector]) -> String {
    var text = ""
    for (index, selector) in selectors.enumerated() {
        text += index == 0 ? selector.description : " . \(selector)"
    }
    return text
}
