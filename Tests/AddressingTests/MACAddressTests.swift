import Addressing
import Testing

struct MACAddressTests {
    @Test(
        "the three usual notations are read",
        arguments: ["0a:58:0a:01:00:05", "0A:58:0A:01:00:05", "0a-58-0a-01-00-05", "0a58.0a01.0005"])
    func notations(text: String) throws {
        let address = try #require(MACAddress(text))
        #expect(address.bytes == [0x0A, 0x58, 0x0A, 0x01, 0x00, 0x05])
        #expect(address.description == "0a:58:0a:01:00:05")
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "0a580a010005", "0a:58:0a:01:00", "0a:58:0a:01:00:05:06", "0a:58-0a:01:00:05", "0a:58:0a:01:00:0g",
            "a:58:0a:01:00:05",
            ":0a:58:0a:01:00:05", "0a:58:0a:01:00:05:", "0a5:8:0a:01:00:05", "0a58:0a01:0005", "0a.58.0a.01.00.05",
            " 0a:58:0a:01:00:05",
            "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01",
        ])
    func refuses(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test("six bytes make an address, other counts do not", arguments: 0...8)
    func byteCounts(count: Int) {
        #expect((MACAddress(bytes: [UInt8](repeating: 2, count: count)) != nil) == (count == 6))
    }

    @Test(
        "a made address is unicast and locally administered",
        arguments: [0, UInt64.max, 0x1234_5678_9ABC_DEF0, 0xFFFF_0300_0000_0001])
    func locallyAdministered(random: UInt64) {
        let address = MACAddress.locallyAdministered(random: random)
        #expect(!address.isMulticast)
        #expect(address.bytes[0] & 3 == 2)
        #expect(address.bytes[5] == UInt8(truncatingIfNeeded: random))
    }

    @Test("broadcast is multicast, zero is zero")
    func special() throws {
        #expect(try #require(MACAddress("ff:ff:ff:ff:ff:ff")).isMulticast)
        #expect(try #require(MACAddress("00:00:00:00:00:00")).isZero)
    }
}
