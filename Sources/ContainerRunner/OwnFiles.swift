internal import Addressing
internal import LinuxSystem

/// The files of /etc that a container has of its own, as the host and the networks decide them.
struct OwnFiles {
    let specification: ContainerSpecification
    let attachments: [NetworkAttachment]

    private static let limit = 1 << 20  // bytes of a host's file

    func contents() throws(SystemError) -> [(name: String, text: String)] {
        let hosts: String
        if specification.network == .host, let text = try hostText("/etc/hosts") {
            hosts = text
        } else {
            let addresses = attachments.flatMap { $0.addresses.map { $0.address.description } }
            hosts = ContainerFiles.hosts(hostname: specification.hostname, addresses: addresses)
        }
        return [
            ("hosts", hosts), ("hostname", specification.hostname + "\n"),
            (
                "resolv.conf",
                ContainerFiles.resolver(
                    host: try hostText("/etc/resolv.conf"), upstream: try hostText("/run/systemd/resolve/resolv.conf"),
                    ownNamespace: specification.network != .host, networks: attachments.map(\.dns))
            ),
        ]
    }

    private func hostText(_ path: String) throws(SystemError) -> String? {
        try Files.readIfPresent(path, limit: Self.limit).map { String(decoding: $0, as: UTF8.self) }
    }
}
