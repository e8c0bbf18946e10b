internal import CLinuxABI
internal import Netlink

/// A message of nf_tables, opened: its family and its attributes.
struct NftablesMessage {
    let family: UInt8
    let attributes: AttributeSequence

    /// Opens a message of the type `expected`; nil when it is another or too short.
    init?(_ message: MessageView, _ expected: nf_tables_msg_types) {
        guard message.type == nftablesType(expected), let header = message.header(as: nfgenmsg.self) else {
            return nil
        }
        family = header.nfgen_family
        attributes = message.attributes(after: MemoryLayout<nfgenmsg>.size)
    }
}

/// The netlink message type of an nf_tables message.
func nftablesType(_ type: nf_tables_msg_types) -> UInt16 {
    UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue)
}

/// Attribute numbers come from C as enumerations of 32 bits; messages carry them in 16.
extension RawRepresentable where RawValue == UInt32 {
    var attribute: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
}

/// Lets a C enumeration's constants be cases of a `switch` over an attribute's type.
func ~= <Name: RawRepresentable>(name: Name, type: UInt16) -> Bool where Name.RawValue == UInt32 {
    name.rawValue == UInt32(type)
}
