internal import CLinuxABI
internal import Netlink

/// A set or map as the kernel reported it, without its elements.
public struct ObservedSet: Hashable, Sendable {
    /// The table it is in.
    public let table: Table
    /// Its name, unique in the table.
    public let name: String
    /// `NFT_SET_*`.
    public let flags: UInt32
    /// nft's number for the types of the key, six bits each.
    public let keyType: UInt32
    /// Bytes.
    public let keyLength: UInt32
    /// nft's number for the types of a map's data, `NFT_DATA_VERDICT` for verdicts, 0 for a set.
    public let dataType: UInt32
    /// What its userdata says; empty when nothing.
    public let comment: String

    /// Whether it has the keys, values and flags of `set`.
    public func matches(_ set: NamedSet) -> Bool {
        let dataType: UInt32
        switch set.value {
        case .none: dataType = 0
        case .verdict: dataType = NFT_DATA_VERDICT.rawValue
        case .data(let types): dataType = types.typeNumber
        }
        return table == set.table && name == set.name && flags == set.flags && keyType == set.key.typeNumber
            && keyLength == UInt32(set.key.byteCount) && self.dataType == dataType
    }

    /// Reads an `NFT_MSG_NEWSET`; nil when it is none or broken.
    init?(_ message: MessageView) {
        guard let content = NftablesMessage(message, NFT_MSG_NEWSET) else { return nil }
        var tableName = ""
        var name = ""
        var flags: UInt32 = 0
        var keyType: UInt32 = 0
        var keyLength: UInt32 = 0
        var dataType: UInt32 = 0
        var comment = ""
        for attribute in content.attributes {
            switch attribute.type {
            case NFTA_SET_TABLE: tableName = attribute.string
            case NFTA_SET_NAME: name = attribute.string
            case NFTA_SET_FLAGS: flags = attribute.bigEndian() ?? 0
            case NFTA_SET_KEY_TYPE: keyType = attribute.bigEndian() ?? 0
            case NFTA_SET_KEY_LEN: keyLength = attribute.bigEndian() ?? 0
            case NFTA_SET_DATA_TYPE: dataType = attribute.bigEndian() ?? 0
            case NFTA_SET_USERDATA:
                comment = UserData.comment(in: attribute.content, type: UserData.setCommentType)
            default: break
            }
        }
        guard let table = Table(observed: content.family, tableName), isObjectName(name) else { return nil }
        self.table = table
        self.name = name
        self.flags = flags
        self.keyType = keyType
        self.keyLength = keyLength
        self.dataType = dataType
        self.comment = comment
    }
}
