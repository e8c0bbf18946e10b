internal import Addressing
internal import CLinuxABI
internal import Netlink

/// A flow as conntrack reported it: what its packets look like each way, and what names it in a deletion.
struct TrackedFlow {
    /// Packets of one direction.
    struct Tuple {
        var source: IPAddress?
        var destination: IPAddress?
        var transport: UInt8?
        var sourcePort: UInt16?
        var destinationPort: UInt16?
    }

    private(set) var original = Tuple()
    private(set) var reply = Tuple()
    /// The content of `CTA_TUPLE_ORIG` as it came, which a deletion repeats.
    private(set) var originalContent: [UInt8] = []
    /// `CTA_ZONE`, where it is not the default one.
    private(set) var zone: UInt16?
    /// `CTA_ID`: tells the flow from a later one with the same addresses and ports.
    private(set) var identifier: UInt32?

    /// Reads an `IPCTNL_MSG_CT_NEW`; nil when it is none or names no flow.
    init?(_ message: MessageView) {
        guard message.type == conntrackType(IPCTNL_MSG_CT_NEW) else { return nil }
        for attribute in message.attributes(after: MemoryLayout<nfgenmsg>.size) {
            switch attribute.type {
            case CTA_TUPLE_ORIG:
                original = Tuple(attribute.nested)
                originalContent = attribute.bytes
            case CTA_TUPLE_REPLY: reply = Tuple(attribute.nested)
            case CTA_ZONE: zone = attribute.bigEndian()
            case CTA_ID: identifier = attribute.bigEndian()
            default: break
            }
        }
        if originalContent.isEmpty { return nil }
    }
}

extension TrackedFlow.Tuple {
    /// Reads a `CTA_TUPLE_*`; what is broken or not there stays unknown.
    init(_ attributes: AttributeSequence) {
        for attribute in attributes {
            switch attribute.type {
            case CTA_TUPLE_IP:
                for part in attribute.nested {
                    switch part.type {
                    case CTA_IP_V4_SRC, CTA_IP_V6_SRC: source = IPAddress(bytes: part.bytes)
                    case CTA_IP_V4_DST, CTA_IP_V6_DST: destination = IPAddress(bytes: part.bytes)
                    default: break
                    }
                }
            case CTA_TUPLE_PROTO:
                for part in attribute.nested {
                    switch part.type {
                    case CTA_PROTO_NUM: transport = part.integer()
                    case CTA_PROTO_SRC_PORT: sourcePort = part.bigEndian()
                    case CTA_PROTO_DST_PORT: destinationPort = part.bigEndian()
                    default: break
                    }
                }
            default: break
            }
        }
    }
}

/// The netlink message type of a conntrack message.
func conntrackType(_ type: cntl_msg_types) -> UInt16 {
    UInt16(NFNL_SUBSYS_CTNETLINK) << 8 | UInt16(type.rawValue)
}
