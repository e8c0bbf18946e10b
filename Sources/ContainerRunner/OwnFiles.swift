internal import Addressing
internal import LinuxSystem

/// The files of /etc that a container has of its own, as the host and the networks decide them.
struct OwnFiles {
    let specification: ContainerSpecification
    let attachments: [NetworkAttachment]
    /// The files of the container whose network is shared; nil where there is none.
    let neighbour: String?

    private static let limit = 1 << 20  // bytes of a host's file

    /// Which of them cover the root's own.
    ///
    /// A root that has its own resolv.conf keeps it where there is no network to ask.
    static func covering(_ specification: ContainerSpecification) -> [String] {
        guard specification.names.writesFiles else { return [] }
        guard specification.root.source != .host, specification.network == .none, specification.names.servers.isEmpty
        else { return RootPlan.ownFiles }
        return RootPlan.ownFiles.filter { $0 != "resolv.conf" }
    }

    func contents() throws(SystemError) -> [(name: String, text: String)] {
        [
            ("hosts", try hosts()), ("hostname", specification.hostname + "\n"),
            ("resolv.conf", ContainerFiles.resolver(specification.names, otherwise: try resolver())),
        ]
    }

    private func hosts() throws(SystemError) -> String {
        let added = specification.names.hosts.map { NameSettings.parts(of: $0) }
        let shared = try specification.network == .host ? hostText("/etc/hosts") : neighbourText("hosts")
        if let shared {
            return added.filter { $0.address != NameSettings.hostGateway }.reduce(into: shared) {
                $0 += "\($1.address)\t\($1.name)\n"
            }
        }
        let gateways = attachments.first?.gateways ?? []
        var entries: [(name: String, address: String)] = []
        for entry in added where entry.address != NameSettings.hostGateway { entries.append(entry) }
        for gateway in gateways {
            for entry in added where entry.address == NameSettings.hostGateway { entries.append((entry.name, gateway)) }
            entries.append(("host.containers.internal", gateway))
        }
        return ContainerFiles.hosts(
            hostname: specification.hostname,
            addresses: attachments.flatMap { $0.addresses.map { $0.address.description } }, added: entries)
    }

    private func resolver() throws(SystemError) -> String {
        if let text = try neighbourText("resolv.conf") { return text }
        return ContainerFiles.resolver(
            host: try hostText("/etc/resolv.conf"), upstream: try hostText("/run/systemd/resolve/resolv.conf"),
            ownNamespace: specification.network != .host, networks: attachments.map(\.dns))
    }

    private func neighbourText(_ name: String) throws(SystemError) -> String? {
        guard let neighbour else { return nil }
        return try hostText(neighbour + "/" + name)
    }

    private func hostText(_ path: String) throws(SystemError) -> String? {
        try Files.readIfPresent(path, limit: Self.limit).map { String(decoding: $0, as: UTF8.self) }
    }
}
