internal import CLinuxABI

/// The kernel's name of a request type, for messages; a number where the family is not rtnetlink or nf_tables.
func requestName(_ type: UInt16) -> String {
    if type >> 8 == UInt16(NFNL_SUBSYS_NFTABLES) { return nftablesName(type & 0xff) }
    switch Int(type) {
    case RTM_NEWLINK: return "RTM_NEWLINK"
    case RTM_DELLINK: return "RTM_DELLINK"
    case RTM_GETLINK: return "RTM_GETLINK"
    case RTM_SETLINK: return "RTM_SETLINK"
    case RTM_NEWADDR: return "RTM_NEWADDR"
    case RTM_DELADDR: return "RTM_DELADDR"
    case RTM_GETADDR: return "RTM_GETADDR"
    case RTM_NEWROUTE: return "RTM_NEWROUTE"
    case RTM_DELROUTE: return "RTM_DELROUTE"
    case RTM_GETROUTE: return "RTM_GETROUTE"
    case RTM_NEWNEIGH: return "RTM_NEWNEIGH"
    case RTM_DELNEIGH: return "RTM_DELNEIGH"
    case RTM_GETNEIGH: return "RTM_GETNEIGH"
    case RTM_NEWRULE: return "RTM_NEWRULE"
    case RTM_DELRULE: return "RTM_DELRULE"
    case RTM_GETRULE: return "RTM_GETRULE"
    default: return "netlink request \(type)"
    }
}

/// nf_tables_msg_types of linux/netfilter/nf_tables.h, in their order.
private func nftablesName(_ message: UInt16) -> String {
    let names = [
        "NEWTABLE", "GETTABLE", "DELTABLE", "NEWCHAIN", "GETCHAIN", "DELCHAIN", "NEWRULE", "GETRULE", "DELRULE",
        "NEWSET",
        "GETSET", "DELSET", "NEWSETELEM", "GETSETELEM", "DELSETELEM", "NEWGEN", "GETGEN",
    ]
    guard Int(message) < names.count else { return "NFT_MSG \(message)" }
    return "NFT_MSG_\(names[Int(message)])"
}
