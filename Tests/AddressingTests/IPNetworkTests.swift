import Addressing
import Testing

struct IPNetworkTests {
    @Test("first, last and membership are what Python's ipaddress says")
    func agreesWithPython() throws {
        let rows = try table("networks")
        #expect(rows.count == 200)
        for row in rows {
            let network = try #require(IPNetwork(row[0]), "\(row[0])")
            #expect(network.description == row[0])
            #expect(network.first.description == row[1], "\(row[0])")
            #expect(network.last.description == row[2], "\(row[0])")
            #expect(network.contains(try #require(IPAddress(row[3]))) == (row[4] == "true"), "\(row[0]) \(row[3])")
            #expect(network.network.isNetwork && network.isNetwork == (network.address == network.first))
        }
    }

    @Test(
        "a malformed network is refused",
        arguments: [
            "", "/", "10.0.0.0", "10.0.0.0/", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/+8",
            "10.0.0.0/8 ",
            "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/9999999999999999999999", "fe80::1%eth0/64",
            "10.0.0.0/a",
        ])
    func refusesMalformed(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(
        "a prefix must fit the family", arguments: [(-1, false), (0, true), (32, true), (33, false), (Int.max, false)])
    func prefixRange(prefixLength: Int, isValid: Bool) {
        #expect((IPNetwork(IPAddress(v4: 0), prefixLength: prefixLength) != nil) == isValid)
    }

    @Test(
        "networks overlap when one contains the other",
        arguments: [
            ("10.0.0.0/8", "10.1.0.0/16", true), ("10.1.0.0/16", "10.0.0.0/8", true),
            ("10.0.0.0/9", "10.128.0.0/9", false),
            ("0.0.0.0/0", "::/0", false), ("::/0", "2001:db8::/32", true), ("10.0.0.1/32", "10.0.0.1/32", true),
            ("10.0.0.1/32", "10.0.0.2/32", false), ("10.0.0.9/24", "10.0.0.200/25", true),
        ])
    func overlapping(left: String, right: String, expected: Bool) throws {
        #expect(try #require(IPNetwork(left)).overlaps(try #require(IPNetwork(right))) == expected)
    }

    @Test("a host address is kept beside its network")
    func keepsHostBits() throws {
        let network = try #require(IPNetwork("10.1.2.3/16"))
        #expect(!network.isNetwork)
        #expect(network.address.description == "10.1.2.3")
        #expect(network.network.description == "10.1.0.0/16")
        #expect(network != network.network)
    }
}
