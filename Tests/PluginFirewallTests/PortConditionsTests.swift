import Addressing
import Testing

@testable import PluginFirewall

/// The conditions of portmap in the words of iptables and of nft.
@Suite struct PortConditionsTests {
    @Test(
        "both syntaxes say the same",
        arguments: [
            (["-s", "192.0.2.0/24"], "ip saddr 192.0.2.0/24"), (["!", "-s", "192.0.2.7"], "ip saddr != 192.0.2.7/32"),
            (["-d", "!", "192.0.2.1"], "ip daddr != 192.0.2.1/32"), (["-i", "eth+"], "iifname \"eth*\""),
            (["! -i lo", "-p tcp"], "iifname != \"lo\" meta l4proto tcp"),
            (["ip", "saddr", "!=", "10.0.0.0/8"], "ip saddr != 10.0.0.0/8"),
            (["ip saddr == 10.0.0.0/8 iifname \"eth0\""], "ip saddr 10.0.0.0/8 iifname \"eth0\""),
            (["meta", "l4proto", "!=", "udp"], "meta l4proto != udp"), (["ip protocol sctp"], "meta l4proto sctp"),
            (["--source", "10.1.2.3/8"], "ip saddr 10.0.0.0/8"),
        ])
    func read(words: [String], expected: String) throws {
        let conditions = try #require(try PortConditions(network: "n", ipv4: words, ipv6: []))
        #expect(conditions.statements(.v4).map { "\($0)" }.joined(separator: " ") == expected)
        #expect(conditions.statements(.v6).isEmpty)
    }

    @Test(
        "a word that is not understood is named",
        arguments: [
            (["-m", "comment"], "-m"), (["-s", "fd00::/64"], "fd00::/64"), (["-s"], ""), (["!"], ""),
            (["ip6", "saddr", "fd00::1"], "ip6"), (["ip", "ttl", "1"], "ttl"), (["meta", "mark", "1"], "meta mark"),
            (["-i", "sixteen-letters-"], "sixteen-letters-"), (["-p", "icmpx"], "icmpx"),
            (["--dport", "80"], "--dport"),
            (["tcp", "dport", "80"], "tcp"),
        ])
    func refused(words: [String], token: String) {
        #expect(throws: ConditionError.self) {
            do throws(ConditionError) { _ = try PortConditions(network: "n", ipv4: words, ipv6: []) } catch {
                #expect(error.token == token)
                throw error
            }
        }
    }

    @Test("each network, and each list of conditions, has maps of its own") func digests() throws {
        let one = try #require(try PortConditions(network: "a", ipv4: ["-i", "eth0"], ipv6: []))
        let other = try #require(try PortConditions(network: "b", ipv4: ["-i", "eth0"], ipv6: []))
        let third = try #require(try PortConditions(network: "a", ipv4: [], ipv6: ["-i", "eth0"]))
        #expect(Set([one.digest, other.digest, third.digest]).count == 3)
        #expect(try PortConditions(network: "a", ipv4: [], ipv6: []) == nil)
        for set in one.sets { #expect(SharedSet(name: set.name) == set) }
    }
}
