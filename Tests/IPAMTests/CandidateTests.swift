import Addressing
import IPAM
import Testing

@Suite struct CandidateTests {
    /// What the order is meant to be, written down the slow way: all addresses in a row, turned so that the one after `last`
    /// comes first, gateways taken out.
    static func oracle(_ set: RangeSet, after last: IPAddress?) -> [IPAddress] {
        var row: [(address: IPAddress, gateway: IPAddress)] = []
        for range in set.ranges {
            var address = range.start
            while address <= range.end {
                row.append((address, range.gateway))
                guard let next = address.advanced(by: 1) else { break }
                address = next
            }
        }
        if let last, let position = row.firstIndex(where: { $0.address == last }) {
            row = Array(row[(position + 1)...] + row[...position])
        }
        return row.filter { $0.address != $0.gateway }.map { $0.address }
    }

    /// Some ranges in a /24, gateways anywhere, from a fixed seed.
    static func randomSet(_ generator: inout Seeded) throws -> RangeSet {
        let family = Bool.random(using: &generator)
        let subnet = try net(family ? "10.1.2.0/24" : "2001:db8::/120")
        var ranges: [AddressRange] = []
        var next = Int.random(in: 0...3, using: &generator)
        while next < 256, ranges.count < 4 {
            let end = min(255, next + Int.random(in: 0...8, using: &generator))
            let gateway = subnet.first.advanced(by: Int.random(in: 0...min(255, end + 2), using: &generator))
            ranges.append(
                try AddressRange(
                    subnet: subnet, start: subnet.first.advanced(by: next), end: subnet.first.advanced(by: end),
                    gateway: gateway))
            next = end + Int.random(in: 1...20, using: &generator)
        }
        return try RangeSet(ranges.shuffled(using: &generator))
    }

    @Test("the order of addresses is that of a simple turned list, for two thousand random sets")
    func order() throws {
        var generator = Seeded(state: 20)
        for _ in 0..<2000 {
            let set = try Self.randomSet(&generator)
            let all = set.ranges.flatMap { [$0.start, $0.end] }
            let last = Bool.random(using: &generator) ? all.randomElement(using: &generator) : nil
            let candidates = set.candidates(after: last).map { $0.address }
            #expect(candidates == Self.oracle(set, after: last), "\(set)")
        }
    }

    @Test("an address of no range begins with the first")
    func strangeLast() throws {
        let set = try set("10.1.0.0/29")
        let first = try ip("10.1.0.2")
        #expect(set.candidates(after: try ip("10.9.0.1")).first { _ in true }?.address == first)
        #expect(set.candidates(after: try ip("2001:db8::1")).first { _ in true }?.address == first)
    }

    @Test("a range of its gateway alone offers nothing, and one address is offered again and again")
    func smallest() throws {
        #expect(Array(try set("10.1.0.0/24", "10.1.0.1", "10.1.0.1").candidates(after: nil)).isEmpty)
        #expect(Array(try set("10.1.0.0/24", "10.1.0.1", "10.1.0.1").candidates(after: ip("10.1.0.1"))).isEmpty)
        let one = try set("10.1.0.0/24", "10.1.0.7", "10.1.0.7")
        #expect(one.candidates(after: try ip("10.1.0.7")).map { $0.address } == [try ip("10.1.0.7")])
    }

    @Test("the end of all addresses is no trap")
    func endOfAddresses() throws {
        let v4 = try set("255.255.255.252/30", "255.255.255.254", "255.255.255.255")
        #expect(
            v4.candidates(after: try ip("255.255.255.255")).map { $0.address.description }
                == ["255.255.255.254", "255.255.255.255"])
        let v6 = try RangeSet([range("::/0")])
        #expect(v6.capacity == UInt128.max - 1)
        #expect(
            v6.candidates(after: try ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).first { _ in true }?.address
                == (try ip("::2")))
    }
}

/// A small generator whose numbers follow from its seed (splitmix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
