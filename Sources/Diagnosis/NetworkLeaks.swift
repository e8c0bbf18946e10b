internal import Addressing
internal import CNI
internal import CNIRuntime
public import ContainerRunner
internal import JSON
internal import LinuxSystem
internal import PluginFirewall
internal import PluginKit
internal import RouteNetlink

/// What attachments left whose container has ended and whose namespace is gone: addresses, elements, records, kept results,
/// cables.
///
/// First what there is is listed, then which attachments are valid: one that is made in between is among those by then.
public struct NetworkLeaks {
    let paths: RunnerPaths
    let tool: NetworkTool

    /// A search at these places.
    public init(_ paths: RunnerPaths) {
        self.paths = paths
        tool = NetworkTool(paths)
    }

    private var directories: StateDirectories {
        StateDirectories(state: paths.stateDirectory, run: paths.runDirectory)
    }

    /// One thing that was found, and whose it is.
    private struct Find {
        let kind: Leak.Kind
        let subject: String
        let owner: Owner
    }

    /// Everything that is left over now.
    public func find() throws -> [Leak] {
        let finds = try addresses() + records() + kept()
        let tags = try elements()
        let cables = try links()
        let valid = try validOwners()
        var leaks = finds.filter { !valid.contains($0.owner) }.map { find in
            Leak(
                find.kind, find.subject, Self.reason, container: find.owner.containerID, network: find.owner.network)
        }
        let validTags = Set(valid.map(\.tag))
        leaks += tags.filter { !validTags.contains($0) }.map { tag in
            let parts = tag.split(separator: "/").map(String.init)
            return Leak(.element, tag, Self.reason, container: parts[1], network: parts[0])
        }
        let validLinks = Set(
            valid.map {
                LinkNaming.hostEnd(network: $0.network, containerID: $0.containerID, interface: $0.interface)
                    .description
            })
        leaks += cables.filter { !validLinks.contains($0) }.map { Leak(.link, $0, "no attachment has this cable") }
        return leaks
    }

    private static let reason = "its container does not run, and its namespace is gone"

    /// Whose things stay.
    private func validOwners() throws -> Set<Owner> {
        var networks = Set(try tool.attachments(of: nil).map(\.network))
        networks.formUnion(try tool.networks().entries.map(\.list.name))
        let store = ContainerStore(paths)
        for container in try store.all() { networks.formUnion(container.attachments.map(\.network)) }
        var owners: Set<Owner> = []
        for network in networks {
            for id in try tool.validAttachments(of: network) {
                owners.insert(Owner(network: network, containerID: id.containerID, interface: id.ifname))
            }
        }
        return owners
    }

    /// Reservations of host-local in the configured networks: files named by address, with container and interface.
    private func addresses() throws -> [Find] {
        var finds: [Find] = []
        for entry in try tool.networks().entries {
            let top = Self.reservations(of: entry.list)
            guard let top, Files.exists("\(top)/\(entry.list.name)") else { continue }
            let directory = "\(top)/\(entry.list.name)"
            for name in try Files.list(directory) {
                guard IPAddress(name) != nil, let content = try Files.readIfPresent("\(directory)/\(name)", limit: 4096)
                else { continue }
                let lines = content.split(whereSeparator: { $0 == 10 || $0 == 13 })
                    .map { String(decoding: $0, as: UTF8.self) }
                guard let id = lines.first else { continue }
                let owner = Owner(
                    network: entry.list.name, containerID: id, interface: lines.count > 1 ? lines[1] : "eth0")
                finds.append(Find(kind: .address, subject: "\(entry.list.name) \(name)", owner: owner))
            }
        }
        return finds
    }

    private static func reservations(of list: NetworkList) -> String? {
        for plugin in list.plugins {
            guard let ipam = plugin.members["ipam"]?.object, ipam["type"]?.string == "host-local" else { continue }
            return ipam["dataDir"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "/var/lib/cni/networks"
        }
        return nil
    }

    private func records() throws -> [Find] {
        let store = RecordStore(root: directories.attachments)
        var finds: [Find] = []
        for network in try store.networks() {
            for plugin in ["bridge", "portmap", "firewall", "tuning"] {
                for record in try store.records(network: network, plugin: plugin) {
                    let key = record.key
                    let owner = Owner(network: network, containerID: key.containerID, interface: key.interface)
                    finds.append(Find(kind: .record, subject: "\(owner.tag) \(plugin)", owner: owner))
                }
            }
        }
        return finds
    }

    private func kept() throws -> [Find] {
        try tool.attachments(of: nil).map { kept in
            let owner = Owner(
                network: kept.network, containerID: kept.target.containerID, interface: kept.target.ifname)
            return Find(kind: .attachment, subject: owner.tag, owner: owner)
        }
    }

    private func elements() throws -> [String] {
        var tags: [String] = []
        try withFirewall { (firewall) throws(FirewallError) in tags = try firewall.ownerTags() }
        return tags
    }

    private func links() throws -> [String] {
        var socket = try RouteSocket.open()
        return try socket.links().map(\.name).filter(LinkNaming.isHostEnd)
    }

    /// Removes leaks of networks by GC of their plugins, and what no plugin is responsible for any more.
    ///
    /// Everything is tried; what failed is in the answer.
    public func remove(_ leaks: [Leak]) -> [any Error] {
        var failures: [any Error] = []
        func attempt(_ body: () throws -> Void) {
            do { try body() } catch { failures.append(error) }
        }
        let configured = Set((try? tool.networks().entries.map(\.list.name)) ?? [])
        // A cable's name does not say whose it was.
        let concerned = leaks.contains { $0.kind == .link } ? configured : Set(leaks.map(\.network))
        for network in concerned.intersection(configured).sorted() {
            attempt {
                let count = try tool.collectGarbage(network)
                if count == 0 {
                    try withPorts { (firewall) throws(FirewallError) in try firewall.removeShared(network: network) }
                }
            }
        }
        for network in concerned.subtracting(configured).sorted() { attempt { try tool.detachInvalid(network) } }
        if leaks.contains(where: { $0.kind == .element }) {
            attempt { try withPorts { (firewall) throws(FirewallError) in _ = try firewall.removeUnused() } }
        }
        let left = Set((try? find()) ?? [])
        for leak in leaks where left.contains(leak) { attempt { try removeByHand(leak) } }
        return failures
    }

    /// What GC left: of a network that is not configured any more, or a cable of one.
    private func removeByHand(_ leak: Leak) throws {
        switch leak.kind {
        case .link:
            guard let name = LinkName(leak.subject) else { return }
            var socket = try RouteSocket.open()
            if let link = try socket.link(named: name) { _ = try socket.delete(link.index) }
        case .record:
            let store = RecordStore(root: directories.attachments)
            for plugin in ["bridge", "portmap", "firewall", "tuning"] {
                for record in try store.records(network: leak.network, plugin: plugin)
                where record.key.containerID == leak.container { try store.remove(record.key) }
            }
        default: return
        }
    }

    private func withPorts(_ body: (inout Firewall) throws(FirewallError) -> Void) throws {
        let lock = try PortLock.acquire(directories)
        try withFirewall(waiting: true, claims: .counted, body)
        lock.keepHeld()
    }
}
