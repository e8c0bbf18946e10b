public import Addressing

/// Ranges of one family that serve as one supply: each attachment gets one address of each set.
public struct RangeSet: Hashable, Sendable {
    /// The ranges in the order they are used.
    public let ranges: [AddressRange]

    /// A set of ranges; `index` is its position in the pool, for messages.
    public init(_ ranges: [AddressRange], index: Int = 0) throws(IPAMError) {
        guard let first = ranges.first else { throw .emptySet(index: index) }
        guard ranges.count <= AddressPool.maximumRanges else { throw .tooManyRanges(ranges.count) }
        for position in ranges.indices {
            let range = ranges[position]
            guard range.subnet.family == first.subnet.family else { throw .mixedFamilies(index: index) }
            for earlier in 0..<position where ranges[earlier].overlaps(range) {
                throw .overlapInside(index: index, ranges[earlier], range)
            }
        }
        self.ranges = ranges
    }

    /// IPv4 or IPv6.
    public var family: IPFamily { ranges[0].subnet.family }

    /// The range with this address.
    @inline(never)
    public func range(for address: IPAddress) -> AddressRange? {
        ranges.first { $0.contains(address) }
    }

    /// Whether one of the ranges contains the address.
    public func contains(_ address: IPAddress) -> Bool {
        range(for: address) != nil
    }

    /// How many addresses may be handed out; it saturates.
    public var capacity: UInt128 {
        var total: UInt128 = 0
        for range in ranges {
            let (sum, overflow) = total.addingReportingOverflow(range.capacity)
            if overflow { return UInt128.max }
            total = sum
        }
        return total
    }
}

extension RangeSet: CustomStringConvertible {
    /// The ranges with commas: `10.1.0.1-10.1.0.254,10.2.0.1-10.2.0.254`.
    public var description: String {
        ranges.map { $0.description }.joined(separator: ",")
    }
}

/// An address that may be tried, with the range it comes from.
public struct Candidate: Hashable, Sendable {
    /// The address.
    public let address: IPAddress
    /// Its range: subnet and gateway.
    public let range: AddressRange
}

extension RangeSet {
    /// The addresses in the order in which they are handed out, each once, gateways left out.
    ///
    /// It begins after `last`, the address handed out most recently, and goes through the ranges in a circle. When `last` is
    /// nil or in none of the ranges it begins with the first. `last` itself comes at the end.
    public func candidates(after last: IPAddress?) -> Candidates {
        Candidates(self, after: last)
    }

    /// See `candidates(after:)`.
    ///
    /// It never ends early and never repeats.
    public struct Candidates: Sequence, IteratorProtocol, Sendable {
        private let ranges: [AddressRange]
        private var position: Int
        private var current: IPAddress?
        /// The address whose second visit ends the circle; nil before the first one.
        private var origin: IPAddress?

        init(_ set: RangeSet, after last: IPAddress?) {
            ranges = set.ranges
            position = 0
            if let last, let found = ranges.firstIndex(where: { $0.contains(last) }) {
                position = found
                current = last
            }
        }

        /// The next address to try; nil after a whole circle.
        @inline(never)
        public mutating func next() -> Candidate? {
            while step() {
                guard let current, current != ranges[position].gateway else { continue }
                return Candidate(address: current, range: ranges[position])
            }
            return nil
        }

        /// Moves one address on; false when that is where the circle began.
        @inline(never)
        private mutating func step() -> Bool {
            let following: IPAddress
            if let current, current != ranges[position].end, let next = current.advanced(by: 1) {
                following = next
            } else {
                if current != nil { position = (position + 1) % ranges.count }
                following = ranges[position].start
            }
            if following == origin { return false }
            if origin == nil { origin = following }
            current = following
            return true
        }
    }
}
