internal import CLinuxABI
internal import Netlink

/// A chain as the kernel reported it; those of other programs may be of kinds this module does not make.
public struct ObservedChain: Hashable, Sendable {
    /// The table it is in.
    public let table: Table
    /// Its name, unique in the table.
    public let name: String
    /// The kernel's number for it.
    public let handle: UInt64
    /// Where a base chain is hooked; nil for a chain reached by jumps.
    public let base: Base?
    /// How many rules and elements there are in it or lead to it.
    public let useCount: UInt32
    /// What its userdata says; empty when nothing.
    public let comment: String

    /// A base chain's place.
    public struct Base: Hashable, Sendable {
        /// `filter`, `nat`, `route`.
        public let kind: String
        /// `NF_INET_*`; of other meaning in the families arp and netdev.
        public let hook: UInt32
        /// Lower runs earlier.
        public let priority: Int32
        /// What becomes of packets that no rule decides on; nil where there is no such thing.
        public let policy: Chain.Policy?
    }

    /// Reads an `NFT_MSG_NEWCHAIN`; nil when it is none or broken.
    init?(_ message: MessageView) {
        guard let content = NftablesMessage(message, NFT_MSG_NEWCHAIN) else { return nil }
        var tableName = ""
        var name = ""
        var kind = ""
        var handle: UInt64 = 0
        var useCount: UInt32 = 0
        var comment = ""
        var hook: UInt32?
        var priority: UInt32 = 0
        var policy: UInt32?
        for attribute in content.attributes {
            switch attribute.type {
            case NFTA_CHAIN_TABLE: tableName = attribute.string
            case NFTA_CHAIN_NAME: name = attribute.string
            case NFTA_CHAIN_TYPE: kind = attribute.string
            case NFTA_CHAIN_HANDLE: handle = attribute.bigEndian() ?? 0
            case NFTA_CHAIN_USE: useCount = attribute.bigEndian() ?? 0
            case NFTA_CHAIN_POLICY: policy = attribute.bigEndian()
            case NFTA_CHAIN_USERDATA: comment = UserData.comment(in: attribute.content)
            case NFTA_CHAIN_HOOK:
                for part in attribute.nested {
                    switch part.type {
                    case NFTA_HOOK_HOOKNUM: hook = part.bigEndian()
                    case NFTA_HOOK_PRIORITY: priority = part.bigEndian() ?? 0
                    default: break
                    }
                }
            default: break
            }
        }
        guard let table = Table(observed: content.family, tableName), isObjectName(name) else { return nil }
        self.table = table
        self.name = name
        self.handle = handle
        self.useCount = useCount
        self.comment = comment
        base = hook.map {
            Base(
                kind: kind, hook: $0, priority: Int32(bitPattern: priority),
                policy: policy.flatMap { Chain.Policy(rawValue: $0) })
        }
    }
}
