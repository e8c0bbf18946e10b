public import Addressing

/// Everything a network may hand out: range sets that have no address in common.
public struct AddressPool: Hashable, Sendable {
    /// More ranges than this are refused, in one set or in all, before any two are compared: each is compared with each.
    public static let maximumRanges = 1024

    /// The sets; a set's position is the number in the name of its `last_reserved_ip` file.
    public let sets: [RangeSet]

    /// A pool of sets.
    public init(_ sets: [RangeSet]) throws(IPAMError) {
        guard !sets.isEmpty else { throw .noRanges }
        let count = sets.reduce(0) { $0 + $1.ranges.count }
        guard count <= Self.maximumRanges else { throw .tooManyRanges(count) }
        for position in sets.indices {
            for earlier in 0..<position {
                for left in sets[earlier].ranges {
                    for right in sets[position].ranges where left.overlaps(right) {
                        throw .overlapBetween(earlier, position, left, right)
                    }
                }
            }
        }
        self.sets = sets
    }

    /// Which requested address goes to which set: the first that the set contains; nil where the set is free to choose.
    ///
    /// Naming an address twice is naming it once. Every requested address must find a set of its own.
    public func assign(_ requested: [IPAddress]) throws(IPAMError) -> [IPAddress?] {
        var open: [IPAddress] = []
        // Each set takes one. One more than there are sets is enough to refuse: the others are not even compared.
        for address in requested where open.count <= sets.count && !open.contains(address) { open.append(address) }
        var result: [IPAddress?] = []
        for set in sets {
            guard let position = open.firstIndex(where: { set.contains($0) }) else {
                result.append(nil)
                continue
            }
            let address = open.remove(at: position)
            if set.range(for: address)?.gateway == address { throw .requestedGateway(address) }
            result.append(address)
        }
        guard open.isEmpty else { throw .requestedOutside(open) }
        return result
    }
}
