public import Addressing
internal import LinuxSystem

/// An address that was handed out, with what goes with it into a result.
public struct Reservation: Hashable, Sendable {
    /// The address with its subnet's prefix length.
    public let address: IPNetwork
    /// The range's gateway.
    public let gateway: IPAddress

    /// Nil when the range's prefix is not one of the address's family; a `Candidate` always fits.
    init?(_ candidate: Candidate) {
        guard let address = IPNetwork(candidate.address, prefixLength: candidate.range.subnet.prefixLength) else {
            return nil
        }
        self.address = address
        gateway = candidate.range.gateway
    }
}

extension HostLocalStore {
    /// Reserves one address of each set of the pool: all or none.
    ///
    /// A requested address is taken from the set that contains it; elsewhere the next free one after the address handed out
    /// last is. An attachment that holds an address of one of the sets is refused: a runtime must not ADD twice.
    public func allocate(_ owner: ReservationOwner, from pool: AddressPool, requested: [IPAddress] = [])
        throws(IPAMError) -> [Reservation]
    {
        let wanted = try pool.assign(requested)
        guard var locked = try open(creating: true) else { throw .system(SystemError("open", directory, .noEntry)) }
        let outcome: LockedReservations.Allocation
        do throws(SystemError) {
            outcome = try locked.allocate(owner, from: pool, wanted: wanted)
            locked.finish()
        } catch {
            throw .system(error)
        }
        switch outcome {
        case .reserved(let candidates): return candidates.compactMap { Reservation($0) }
        case .refused(let error): throw error
        }
    }
}

extension LockedReservations {
    /// What became of a request.
    enum Allocation {
        case reserved([Candidate])
        case refused(IPAMError)
    }

    /// Reserves the wanted address of each set, or the next free one where none is wanted.
    mutating func allocate(_ owner: ReservationOwner, from pool: AddressPool, wanted: [IPAddress?])
        throws(SystemError) -> Allocation
    {
        for address in try addresses(of: owner) + addresses(of: owner.withoutInterface) {
            guard pool.sets.contains(where: { $0.contains(address) }) else { continue }
            guard try reclaim(address) else { return .refused(.duplicateAllocation(address, owner)) }
        }
        var made: [Candidate] = []
        do throws(SystemError) {
            for (number, set) in pool.sets.enumerated() {
                guard let candidate = try choose(wanted[number], of: set, number, for: owner) else {
                    undo(made, of: owner)
                    return .refused(
                        wanted[number].map { .requestedTaken($0, set) } ?? .exhausted(index: number, set))
                }
                made.append(candidate)
                setLastReserved(number, candidate.address)
            }
        } catch {
            undo(made, of: owner)
            throw error
        }
        return .reserved(made)
    }

    private mutating func undo(_ made: [Candidate], of owner: ReservationOwner) {
        for candidate in made {
            do throws(SystemError) {
                try release(candidate.address, of: owner)
            } catch {
                continue  // the error that brought us here is the one to report; DEL and GC find what is left
            }
        }
    }

    /// Reserves one address of a set; nil when the wanted one is taken, or all are.
    private mutating func choose(_ wanted: IPAddress?, of set: RangeSet, _ number: Int, for owner: ReservationOwner)
        throws(SystemError) -> Candidate?
    {
        if let wanted {
            guard let range = set.range(for: wanted) else { return nil }
            if try !reserve(wanted, for: owner) {
                guard try reclaim(wanted), try reserve(wanted, for: owner) else { return nil }
            }
            return Candidate(address: wanted, range: range)
        }
        let last = lastReserved(number)
        if let found = try firstFree(of: set, after: last, for: owner) { return found }
        let freed = try reclaim(in: set)
        for candidate in set.candidates(after: last) {
            if freed.isEmpty { return nil }
            guard freed.contains(candidate.address) else { continue }
            if try reserve(candidate.address, for: owner) { return candidate }
        }
        return nil
    }

    private mutating func firstFree(of set: RangeSet, after last: IPAddress?, for owner: ReservationOwner)
        throws(SystemError) -> Candidate?
    {
        let patience = 8  // addresses tried one by one: each costs about what reading fifty names does
        var tries = 0
        var names: SortedNumbers?
        for candidate in set.candidates(after: last) {
            if tries >= patience {
                if names == nil { names = try taken(set.family) }
                if let names, names.contains(candidate.address.bits) { continue }
            }
            if try reserve(candidate.address, for: owner) { return candidate }
            tries += 1
        }
        return nil
    }

    /// Frees what no one holds, in a set that has nothing else left, and says what that was.
    private mutating func reclaim(in set: RangeSet) throws(SystemError) -> [IPAddress] {
        var freed: [IPAddress] = []
        for reservation in try scan() where set.contains(reservation.address) && reservation.isAbandoned(boot) {
            try release(reservation.address, of: reservation.owner)
            freed.append(reservation.address)
        }
        return freed
    }

    /// Frees one address, if no one holds it.
    private mutating func reclaim(_ address: IPAddress) throws(SystemError) -> Bool {
        guard let reservation = try scan().first(where: { $0.address == address }), reservation.isAbandoned(boot)
        else { return false }
        try release(address, of: reservation.owner)
        return true
    }
}

extension ScannedReservation {
    /// Whether no one holds the address any more: the file was left empty or half by its writer, or Hawser made it before the
    /// machine was last started.
    ///
    /// In the second case the container ended with the machine. Only a file that is the very one this index saw
    /// Hawser make under another boot id counts: never one of another suite, of another host that shares the directory, or
    /// one made again since.
    func isAbandoned(_ boot: BootID?) -> Bool {
        switch content {
        case nil: false
        case .broken: true
        case .owned: self.boot != 0 && boot.map { $0.mark != self.boot } ?? false
        }
    }

    /// Who holds it, when that can be read.
    var owner: ReservationOwner? {
        if case .owned(let owner)? = content { owner } else { nil }
    }
}
