import Addressing
import IPAM
import Testing

/// Shorthand for texts that are known to be right.
func ip(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
func net(_ text: String) throws -> IPNetwork { try #require(IPNetwork(text)) }

func range(_ subnet: String, _ start: String? = nil, _ end: String? = nil, gateway: String? = nil) throws
    -> AddressRange
{
    try AddressRange(
        subnet: net(subnet), start: start.map { try ip($0) }, end: end.map { try ip($0) },
        gateway: gateway.map { try ip($0) })
}

func set(_ subnet: String, _ start: String? = nil, _ end: String? = nil) throws -> RangeSet {
    try RangeSet([range(subnet, start, end)])
}

@Suite struct AddressRangeTests {
    @Test(
        "what is not given takes the reference's default",
        arguments: [
            ("10.1.2.0/24", "10.1.2.1", "10.1.2.254", "10.1.2.1", 253),
            ("10.1.2.0/30", "10.1.2.1", "10.1.2.2", "10.1.2.1", 1),
            ("10.0.0.0/8", "10.0.0.1", "10.255.255.254", "10.0.0.1", 16_777_213),
            ("2001:db8:1::/126", "2001:db8:1::1", "2001:db8:1::3", "2001:db8:1::1", 2),
            ("2001:db8:1::/120", "2001:db8:1::1", "2001:db8:1::ff", "2001:db8:1::1", 254),
        ])
    func defaults(_ subnet: String, _ start: String, _ end: String, _ gateway: String, _ capacity: Int) throws {
        let made = try range(subnet)
        #expect(made.start == (try ip(start)))
        #expect(made.end == (try ip(end)))
        #expect(made.gateway == (try ip(gateway)))
        #expect(made.capacity == UInt128(capacity))
    }

    @Test("a gateway that is not handed out anyway takes nothing from the capacity")
    func gatewayOutsideTheRange() throws {
        #expect(try range("10.1.2.0/24", "10.1.2.10", "10.1.2.19").capacity == 10)
        #expect(try range("10.1.2.0/24", "10.1.2.10", "10.1.2.19", gateway: "10.1.2.12").capacity == 9)
    }

    @Test("a link-local gateway serves any subnet of its family")
    func linkLocalGateway() throws {
        #expect(try range("2001:db8::/64", gateway: "fe80::1").gateway == (try ip("fe80::1")))
        #expect(try range("10.1.0.0/16", gateway: "169.254.1.1").gateway == (try ip("169.254.1.1")))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let subnet: String
        var start: String?
        var end: String?
        var gateway: String?
        let names: String
        var testDescription: String { names }
    }

    @Test(
        "an impossible range is refused by a message that names the value",
        arguments: [
            Refusal(subnet: "10.1.2.3/24", names: "subnet 10.1.2.3/24 has host bits set"),
            Refusal(subnet: "10.1.2.0/31", names: "subnet 10.1.2.0/31 is too small"),
            Refusal(subnet: "10.1.2.0/32", names: "subnet 10.1.2.0/32 is too small"),
            Refusal(subnet: "2001:db8::/127", names: "subnet 2001:db8::/127 is too small"),
            Refusal(
                subnet: "10.1.2.0/24", start: "10.1.3.1", names: "rangeStart 10.1.3.1 is not in subnet 10.1.2.0/24"),
            Refusal(subnet: "10.1.2.0/24", start: "2001:db8::1", names: "rangeStart 2001:db8::1 is not in"),
            Refusal(
                subnet: "10.1.2.0/24", end: "10.1.1.255", names: "rangeEnd 10.1.1.255 is not in subnet 10.1.2.0/24"),
            Refusal(
                subnet: "10.1.2.0/24", start: "10.1.2.20", end: "10.1.2.19",
                names: "rangeEnd 10.1.2.19 comes before rangeStart 10.1.2.20"),
            Refusal(subnet: "10.1.2.0/24", gateway: "10.1.3.1", names: "gateway 10.1.3.1 is neither in subnet"),
            Refusal(subnet: "10.1.2.0/24", gateway: "fe80::1", names: "gateway fe80::1 is neither in subnet"),
        ])
    func refusals(_ refusal: Refusal) throws {
        let error = #expect(throws: IPAMError.self) {
            try range(refusal.subnet, refusal.start, refusal.end, gateway: refusal.gateway)
        }
        #expect(error?.description.contains(refusal.names) == true, "\(error?.description ?? "no error")")
        #expect(error?.isConfiguration == true)
    }

    @Test("ranges of one set are of one family and do not overlap")
    func sets() throws {
        let first = try range("10.1.0.0/24", "10.1.0.10", "10.1.0.20")
        #expect(throws: IPAMError.overlapInside(index: 0, first, try range("10.1.0.0/24", "10.1.0.20", "10.1.0.30"))) {
            try RangeSet([first, range("10.1.0.0/24", "10.1.0.20", "10.1.0.30")])
        }
        #expect(throws: IPAMError.mixedFamilies(index: 3)) {
            try RangeSet([first, range("2001:db8::/64")], index: 3)
        }
        #expect(throws: IPAMError.emptySet(index: 1)) { try RangeSet([], index: 1) }
        #expect(
            try RangeSet([first, range("10.1.0.0/24", "10.1.0.21", "10.1.0.30")]).description
                == "10.1.0.10-10.1.0.20,10.1.0.21-10.1.0.30")
    }

    @Test("sets of one pool do not overlap")
    func pools() throws {
        let whole = try range("10.1.0.0/16")
        let part = try range("10.1.7.0/24")
        #expect(throws: IPAMError.overlapBetween(0, 1, whole, part)) {
            try AddressPool([RangeSet([whole]), RangeSet([part])])
        }
        #expect(throws: IPAMError.noRanges) { try AddressPool([]) }
        let many = try (0..<1025).map { try range("10.\($0 / 256).\($0 % 256).0/24") }
        #expect(throws: IPAMError.tooManyRanges(1025)) { try AddressPool(many.map { try RangeSet([$0]) }) }
    }

    @Test("too many ranges are counted, and no two of them are compared", arguments: [1025, 45_000])
    func tooMany(_ count: Int) throws {
        // Comparing any two would find that they overlap.
        let same = try range("10.1.0.0/16")
        let error = IPAMError.tooManyRanges(count)
        #expect(throws: error) { try RangeSet(Array(repeating: same, count: count)) }
        let sets = Array(repeating: try RangeSet([same]), count: count)
        #expect(throws: error) { try AddressPool(sets) }
        #expect(error.isConfiguration)
    }

    @Test("of more requested addresses than sets the first too many are named, and the others not looked at")
    func tooManyRequests() throws {
        let pool = try AddressPool([set("10.1.0.0/24"), set("10.2.0.0/24")])
        let strangers = try (0..<60_000).map { try ip("11.0.\($0 / 256).\($0 % 256)") }
        #expect(throws: IPAMError.requestedOutside(Array(strangers[..<3]))) { try pool.assign(strangers) }
        #expect(throws: IPAMError.requestedOutside(Array(strangers[..<2]))) {
            try pool.assign([ip("10.2.0.9")] + strangers)
        }
    }

    @Test("each requested address finds a set of its own")
    func assignment() throws {
        let pool = try AddressPool([set("10.1.0.0/24"), set("2001:db8::/64"), set("10.2.0.0/24")])
        #expect(try pool.assign([]) == [nil, nil, nil])
        #expect(try pool.assign([ip("10.2.0.9"), ip("10.1.0.9")]) == [ip("10.1.0.9"), nil, ip("10.2.0.9")])
        #expect(try pool.assign([ip("10.2.0.9"), ip("10.2.0.9")]) == [nil, nil, ip("10.2.0.9")])
        #expect(throws: IPAMError.requestedOutside([try ip("10.2.0.8")])) {
            try pool.assign([ip("10.2.0.9"), ip("10.2.0.8")])
        }
        #expect(throws: IPAMError.requestedOutside([try ip("10.3.0.1")])) { try pool.assign([ip("10.3.0.1")]) }
        #expect(throws: IPAMError.requestedGateway(try ip("2001:db8::1"))) { try pool.assign([ip("2001:db8::1")]) }
    }
}
