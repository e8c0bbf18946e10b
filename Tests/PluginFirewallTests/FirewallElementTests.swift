import Addressing
import Nftables
import Testing

@testable import PluginFirewall

/// Elements as attachment records keep them, and the names that carry meaning.
@Suite struct FirewallElementTests {
    @Test(
        "an element's text is read back to the same element",
        arguments: [
            "masquerade-10.1.0.0/16 10.1.0.5", "masquerade-fd00--/64 fd00::5",
            "hairpin-10.1.0.0/16 10.1.0.5", "hairpin-0.0.0.0/0 10.1.0.5", "hairpin---/0 fd00::5",
            "ports_v4 tcp/8080 10.1.0.5/80", "ports_v6 sctp/1 fd00::5/65535", "hostip_v4 192.0.2.1/udp/53 10.1.0.5/53",
            "hostip_v6 2001:db8::1/tcp/443 fd00::5/443", "ranges_v4 tcp/9000 tcp/9100 10.1.0.5",
            "ports_v4-0123456789abcdef tcp/80 10.1.0.5/80", "allowed_v4 10.1.0.5", "allowed_v6 fd00::5",
            "policy_bridges cni0", "same_bridge cni0/cni0",
            "guarded veth0,x", "addresses veth0/02:00:00:00:00:01", "isolated veth0",
        ])
    func roundTrip(text: String) throws {
        let element = try #require(FirewallElement(text))
        #expect(element.text == text)
        #expect(FirewallElement(element.set, element.tagged("x")) == element)
    }

    @Test(
        "text that nobody wrote is no element",
        arguments: [
            "", "ports_v4", "ports_v4 tcp/8080", "ports_v4 tcp/8080 10.1.0.5", "ports_v4 tcp/8080 fd00::5/80",
            "ports_v4 tcp/65536 10.1.0.5/80", "ports_v4 tcp/8080 10.1.0.5/80 x", "ports tcp/8080 10.1.0.5/80",
            "ports_v4-xyz tcp/8080 10.1.0.5/80", "masquerade_v4 10.1.0.5", "masquerade-10.1.0.0/16",
            "masquerade-10.1.0.0/16 10.1.0.5 x", "masquerade-10.1.0.5/16 10.1.0.5", "masquerade-10.1.0.0/16 fd00::5",
            "allowed_v4 10.1.0.5 x", "unknown_v4 10.1.0.5",
            "isolated sixteen-letters-", "allowed_v4-0123456789abcdef 10.1.0.5",
        ])
    func refused(text: String) {
        #expect(FirewallElement(text) == nil)
    }

    @Test("a chain's name says which rules it has, and is read back")
    func subnetChains() throws {
        let chain = SubnetChain.masquerade(try #require(IPNetwork("fd00:1::5/64")))
        #expect(chain.name == "masquerade-fd00-1--/64")
        #expect(SubnetChain(name: chain.name) == chain)
        #expect(SubnetChain(name: "masquerade-") == nil)
        #expect(SubnetChain(name: "conditions_v4") == nil)
        let lines = SubnetChain.hairpin(try #require(IPNetwork("10.1.0.5/16"))).rules.map { rule in
            rule.map { "\($0)" }.joined(separator: " ")
        }
        let own = "ip daddr @hairpin-10.1.0.0/16"
        #expect(lines == ["\(own) ip saddr 10.1.0.0/16 masquerade", "\(own) ip saddr 127.0.0.0/8 masquerade"])
    }

    @Test(
        "a gate's name is read back, and nothing else is a gate",
        arguments: [
            ("masquerade_v4_16", true), ("masquerade_v6_64", true), ("hairpin_v4_0", true), ("hairpin_v6_128", true),
            ("masquerade_v4_33", false), ("masquerade_v4_", false), ("masquerade_v4", false), ("ports_v4", false),
            ("masquerade-10.1.0.0/16", false),
        ])
    func gates(name: String, isGate: Bool) {
        #expect(SubnetGate(name: name)?.name == (isGate ? name : nil))
        #expect(SharedSet(name: name) == nil || !isGate)
    }

    @Test("an owner's tag fits a comment, and belongs to one network")
    func ownerTags() {
        let short = Owner(network: "net", containerID: "c1", interface: "eth0")
        #expect(short.tag == "net/c1/eth0")
        #expect(Owner.tag(short.tag, belongsTo: "net"))
        #expect(!Owner.tag(short.tag, belongsTo: "ne"))
        #expect(!Owner.tag("network/c1/eth0", belongsTo: "net"))
        let long = Owner(network: "net", containerID: String(repeating: "a", count: 200), interface: "eth0")
        #expect(long.tag.utf8.count == 16 + 1 + 32 + 1 + 4)
        #expect(Owner.tag(long.tag, belongsTo: "net"))
        #expect(!Owner.tag(long.tag, belongsTo: "other"))
        let longest = Owner(
            network: "net", containerID: String(repeating: "a", count: 127 - 9), interface: "eth0")
        #expect(longest.tag.utf8.count == 127)
    }
}
