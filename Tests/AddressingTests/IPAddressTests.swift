import Addressing
import Testing

struct IPAddressTests {
    @Test("texts read and print as Python's ipaddress has it")
    func agreesWithPython() throws {
        let rows = try table("addresses")
        #expect(rows.count > 600)
        for row in rows {
            #expect(IPAddress(row[0])?.description ?? "-" == row[1], "\(row[0])")
        }
    }

    @Test("the canonical text reads back as the same address")
    func textRoundTrip() throws {
        for row in try table("addresses") where row[1] != "-" {
            let address = try #require(IPAddress(row[0]))
            #expect(IPAddress(address.description) == address)
            #expect(IPAddress(bytes: address.bytes) == address)
        }
    }

    @Test(
        "what is no address in every reader is refused",
        arguments: [
            "", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4\0", "fe80::1%lo", "1.2.3.4/24", "١.2.3.4", "[::1]",
            "::1\u{301}",
            String(repeating: "1", count: 1 << 20), String(repeating: ":", count: 46),
            "0000:0000:0000:0000:0000:0000:0000:00001",
        ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("a part of a longer text can be read")
    func readsSubstring() throws {
        let line = "gateway 10.0.0.1 up"
        #expect(IPAddress(try #require(line.split(separator: " ").dropFirst().first)) == IPAddress(v4: 0x0A00_0001))
    }

    @Test(
        "special addresses are known by their first bits",
        arguments: [
            ("127.0.0.1", "L"), ("127.255.255.255", "L"), ("128.0.0.0", ""), ("126.255.255.255", ""), ("::1", "L"),
            ("224.0.0.1", "M"), ("239.255.255.255", "M"), ("240.0.0.0", ""), ("223.255.255.255", ""),
            ("ff02::1", "M"), ("fe00::1", ""), ("169.254.3.4", "K"), ("169.255.0.0", ""), ("fe80::1", "K"),
            ("febf::1", "K"), ("fec0::1", ""), ("0.0.0.0", "U"), ("::", "U"), ("::2", ""), ("0.0.0.1", ""),
        ])
    func classification(text: String, expected: String) throws {
        let address = try #require(IPAddress(text))
        let flags = [
            address.isLoopback ? "L" : "", address.isMulticast ? "M" : "", address.isLinkLocal ? "K" : "",
            address.isUnspecified ? "U" : "",
        ]
        #expect(flags.joined() == expected)
    }

    @Test(
        "stepping stays inside the family",
        arguments: [
            ("10.0.0.255", 1, "10.0.1.0"), ("10.0.0.0", -1, "9.255.255.255"), ("255.255.255.255", 1, "-"),
            ("0.0.0.0", -1, "-"), ("::", -1, "-"), ("::ffff:ffff:ffff:ffff", 1, "0:0:0:1::"), ("1.2.3.4", 0, "1.2.3.4"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "-"), ("0.0.0.0", Int.max, "-"), ("::", Int.min, "-"),
        ])
    func advancing(text: String, distance: Int, expected: String) throws {
        #expect(
            try #require(IPAddress(text)).advanced(by: distance)?.description ?? "-" == IPAddress(expected)?.description
                ?? "-")
    }

    @Test("IPv4 sorts before IPv6, each by value")
    func ordering() throws {
        let texts = ["::", "1.0.0.0", "::1", "0.0.0.9", "ff::", "255.0.0.0"]
        let sorted = texts.compactMap { IPAddress($0) }.sorted().map(\.description)
        #expect(sorted == ["0.0.0.9", "1.0.0.0", "255.0.0.0", "::", "::1", "ff::"])
    }

    @Test("only 4 or 16 bytes are an address", arguments: 0...17)
    func byteCounts(count: Int) {
        let address = IPAddress(bytes: [UInt8](repeating: 1, count: count))
        #expect((address != nil) == (count == 4 || count == 16))
        #expect(address?.bytes.count ?? count == count)
    }
}
