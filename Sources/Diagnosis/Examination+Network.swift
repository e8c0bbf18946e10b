internal import LinuxSystem
internal import PluginFirewall

/// The packet's way: forwarding, filters of the kernel's own, and other people's firewalls.
extension Examination {
    func network() -> [Finding] { settings() + firewall() }

    private func settings() -> [Finding] {
        var findings: [Finding] = []
        for (name, path) in [("IPv4", "ipv4/ip_forward"), ("IPv6", "ipv6/conf/all/forwarding")] {
            switch Self.text("/proc/sys/net/\(path)") {
            case nil: findings.append(Finding("\(name) forwarding", .missing, "the kernel was built without \(name)"))
            case "0":
                findings.append(
                    Finding("\(name) forwarding", .ok, "off: the first attachment with a gateway turns it on"))
            default: findings.append(Finding("\(name) forwarding", .ok, "on"))
            }
        }
        let strict = Self.text("/proc/sys/net/ipv4/conf/all/rp_filter") == "1"
        findings.append(
            strict
                ? Finding(
                    "rp_filter", .limited,
                    "strict on all interfaces: a container with networks on two bridges loses what comes back another way",
                    remedy: "sysctl net.ipv4.conf.all.rp_filter=2")
                : Finding("rp_filter", .ok, "not strict"))
        findings.append(
            Files.exists("/proc/sys/net/ipv4/conf/all/route_localnet")
                ? Finding("route_localnet", .ok, "portmap sets it on the bridge of ports published at 127.0.0.1")
                : Finding("route_localnet", .missing, "ports cannot be reached at 127.0.0.1"))
        let filtered = ["ip", "ip6"].filter { Self.text("/proc/sys/net/bridge/bridge-nf-call-\($0)tables") == "1" }
        findings.append(
            filtered.isEmpty
                ? Finding("br_netfilter", .ok, "frames within a bridge pass no packet filter of the host")
                : Finding(
                    "br_netfilter", .limited, "frames within a bridge pass the host's packet filter as well",
                    remedy: filtered.map { "sysctl net.bridge.bridge-nf-call-\($0)tables=0" }.joined(separator: "; ")))
        return findings
    }

    private func firewall() -> [Finding] {
        var drops: [String] = []
        do {
            try withFirewall { (firewall) throws(FirewallError) in
                try firewall.probe()
                drops = try firewall.foreignDrops()
            }
        } catch {
            return [
                Finding(
                    "nf_tables", .missing, "\(error)",
                    remedy: "a kernel with nf_tables, nft_chain_nat, nft_masq and nft_fib, and root")
            ]
        }
        return [Finding("nf_tables", .ok, "it takes every rule that the plugins need")]
            + (drops.isEmpty ? [Finding("other firewalls", .ok, "none drops what it does not know")] : [])
            + drops.map { chain in
                Finding(
                    "other firewalls", .limited, "\(chain) drops forwarded packets that it does not know",
                    remedy: Firewall.remedy(for: chain))
            }
    }
}
