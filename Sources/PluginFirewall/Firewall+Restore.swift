internal import CNI
internal import LinuxSystem
public import PluginKit

extension Firewall {
    /// Makes again what the records of this boot's attachments say, where it is missing; answers of how many attachments.
    ///
    /// For after `nft flush ruleset` or a firewall's reload: no container is touched. The caller holds the lock on the ports.
    public mutating func restore(from records: RecordStore) throws(FirewallError) -> Int {
        let boot = try system { () throws(SystemError) in try Boot.id() }
        var owners: [Owner] = []
        for network in try system({ () throws(SystemError) in try records.networks() }) {
            for plugin in ["bridge", "portmap", "firewall"] {
                let found = try system { () throws(SystemError) in
                    try records.records(network: network, plugin: plugin)
                }
                for record in found where record.bootID == boot {
                    let key = record.key
                    let owner = Owner(network: key.network, containerID: key.containerID, interface: key.interface)
                    let rules = RecordedRules(record.content, network: key.network)
                    if rules.elements.isEmpty { continue }
                    try restore(rules, owner: owner)
                    if !owners.contains(owner) { owners.append(owner) }
                }
            }
        }
        return owners.count
    }
}
