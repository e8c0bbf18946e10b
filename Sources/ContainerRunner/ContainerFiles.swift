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

    /// /etc/hosts: the loopback names, then the container's own name at each of its addresses.
    public static func hosts(hostname: String, addresses: [String]) -> String {
        addresses.reduce(into: loopbackHosts) { $0 += "\($1)\t\(hostname)\n" }
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
