internal import LinuxSystem
internal import Nftables

extension Firewall {
    /// The tags of all attachments that have elements: what an owner's `tag` says, each once.
    ///
    /// Elements of networks and counters carry other comments, and are passed over.
    public mutating func ownerTags() throws(FirewallError) -> [String] {
        var tags: [String] = []
        for table in [Layout.table, Layout.bridgeTable] {
            let names = try system { () throws(SystemError) in try self.socket.setNames(in: table) }
            for name in names {
                guard let set = SharedSet(name: name), set.table == table else { continue }
                for element in try all(of: set) where Self.isTag(element.comment) {
                    if !tags.contains(element.comment) { tags.append(element.comment) }
                }
            }
        }
        return tags
    }

    /// NETWORK/CONTAINER/INTERFACE.
    private static func isTag(_ comment: String) -> Bool {
        comment.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) } == 2
    }
}
