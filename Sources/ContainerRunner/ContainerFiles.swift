internal import Addressing
public import CNI

/// The text of the files in /etc that each container has of its own.
public enum ContainerFiles {
    private static let loopbackHosts = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::0\tip6-localnet
        ff00::0\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    /// /etc/hosts: the loopback names, then the container's own name at each of its addresses, then what was added.
    ///
    /// A container without addresses is found by its name nevertheless, as programs expect that ask for their own.
    public static func hosts(
        hostname: String, addresses: [String], added: [(name: String, address: String)] = []
    ) -> String {
        var lines = loopbackHosts
        for (name, address) in added { lines += "\(address)\t\(name)\n" }
        for address in addresses.isEmpty ? ["127.0.0.1"] : addresses { lines += "\(address)\t\(hostname)\n" }
        return lines
    }

    /// /etc/resolv.conf as options ask for it, else as networks and host say.
    ///
    /// Options replace line by line: with other servers the search list stays the host's.
    public static func resolver(_ settings: NameSettings, otherwise: String) -> String {
        guard !(settings.servers.isEmpty && settings.search.isEmpty && settings.options.isEmpty) else {
            return otherwise
        }
        var replaced: Set<String> = []
        if !settings.servers.isEmpty { replaced.insert("nameserver") }
        if !settings.search.isEmpty { replaced.formUnion(["search", "domain"]) }
        if !settings.options.isEmpty { replaced.insert("options") }
        var lines = otherwise.split(separator: "\n").filter { line in
            !replaced.contains(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map(String.init) ?? "")
        }.map(String.init)
        lines += settings.servers.map { "nameserver \($0)" }
        // A lone dot is docker's way to say: search nowhere.
        if !settings.search.isEmpty, settings.search != ["."] {
            lines.append("search \(settings.search.joined(separator: " "))")
        }
        if !settings.options.isEmpty { lines.append("options \(settings.options.joined(separator: " "))") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// /etc/resolv.conf: what the networks say, else what the host's says.
    ///
    /// In a namespace of its own a resolver at a loopback address of the host answers nobody: such lines go, and
    /// `upstream`, the file that names the resolvers behind it, is used where it exists.
    public static func resolver(
        host: String?, upstream: String?, ownNamespace: Bool, networks: [CNIResult.DNS]
    ) -> String {
        let given = networks.filter { !$0.isEmpty }
        guard given.isEmpty else {
            var lines = given.flatMap(\.nameservers).map { "nameserver \($0)" }
            let search = given.flatMap(\.search)
            if let domain = given.map(\.domain).first(where: { !$0.isEmpty }) { lines.append("domain \(domain)") }
            if !search.isEmpty { lines.append("search \(search.joined(separator: " "))") }
            let options = given.flatMap(\.options)
            if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
            return lines.map { $0 + "\n" }.joined()
        }
        guard let host else { return "" }
        guard ownNamespace else { return host }
        let usable = withoutLoopback(host)
        if usable.servers > 0 || usable.dropped == 0 { return usable.text }
        return upstream.map { withoutLoopback($0).text } ?? usable.text
    }

    private static func withoutLoopback(_ text: String) -> (text: String, servers: Int, dropped: Int) {
        var result = (text: "", servers: 0, dropped: 0)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
        {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.first == "nameserver", words.count > 1 {
                // A zone, as in fe80::1%eth0, says nothing about loopback.
                let address = IPAddress(words[1].prefix { $0 != "%" })
                if let address, address.isLoopback {
                    result.dropped += 1
                    continue
                }
                result.servers += 1
            }
            result.text += line + "\n"
        }
        return result
    }
}
