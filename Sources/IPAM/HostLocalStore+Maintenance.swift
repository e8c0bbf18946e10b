public import Addressing
internal import LinuxSystem

extension HostLocalStore {
    /// Releases what no valid attachment holds, and says which addresses those were.
    ///
    /// Only this network is looked at.
    ///
    /// A reservation without an interface stays as long as its container has any valid attachment. Files that a dead writer
    /// left empty or half go too; what is no regular file stays.
    @discardableResult
    public func collectGarbage(keeping valid: [ReservationOwner]) throws(IPAMError) -> [IPAddress] {
        guard var locked = try open(creating: false) else { return [] }
        let attachments = OwnerTable(valid)
        let containers = OwnerTable(valid.map { $0.withoutInterface })
        do throws(SystemError) {
            var released: [IPAddress] = []
            for reservation in try locked.scan() {
                switch reservation.content {
                case nil: continue
                case .owned(let owner) where attachments.contains(owner) || containers.contains(owner): continue
                case .owned, .broken: break
                }
                try locked.release(reservation.address, of: reservation.owner)
                released.append(reservation.address)
            }
            locked.finish()
            return released
        } catch {
            throw .system(error)
        }
    }

    /// Throws when a set of the pool has no address left to hand out.
    ///
    /// Nothing is changed.
    public func checkCapacity(of pool: AddressPool) throws(IPAMError) {
        guard let full = try fullSet(of: pool) else { return }
        throw .exhausted(index: full, pool.sets[full])
    }

    /// The number of the first set without an address left.
    ///
    /// The files are counted first: they are read only when their number says that a set is full, since some may be
    /// abandoned.
    private func fullSet(of pool: AddressPool) throws(IPAMError) -> Int? {
        guard try mayBeFull(pool), var locked = try open(creating: false) else { return nil }
        do throws(SystemError) {
            let reservations = try locked.scan()
            let boot = locked.boot
            locked.finish()
            return pool.sets.firstIndex { set in
                let held = reservations.count { set.handsOut($0.address) && !$0.isAbandoned(boot) }
                return UInt128(held) >= set.capacity
            }
        } catch {
            throw .system(error)
        }
    }

    private func mayBeFull(_ pool: AddressPool) throws(IPAMError) -> Bool {
        do throws(SystemError) {
            let names = try Directory.open(directory).names(limit: LockedReservations.nameLimit)
            let addresses = names.compactMap { IPAddress($0) }
            return pool.sets.contains { set in
                UInt128(addresses.count { set.handsOut($0) }) >= set.capacity
            }
        } catch {
            if error.errno == .noEntry { return false }
            throw .system(error)
        }
    }
}

extension RangeSet {
    /// Whether the address is one of those counted by `capacity`.
    fileprivate func handsOut(_ address: IPAddress) -> Bool {
        guard let range = range(for: address) else { return false }
        return range.gateway != address
    }
}

/// Owners to be looked up among many.
private struct OwnerTable {
    private let owners: [ReservationOwner]
    /// Each owner's key in the upper half, its place in the lower.
    private let keys: SortedNumbers

    init(_ owners: [ReservationOwner]) {
        self.owners = owners
        keys = SortedNumbers(owners.indices.map { UInt128(owners[$0].key) << 64 | UInt128($0) })
    }

    func contains(_ owner: ReservationOwner) -> Bool {
        let first = keys.position(of: UInt128(owner.key) << 64)
        for entry in keys.numbers[first...] {
            guard entry >> 64 == UInt128(owner.key) else { return false }
            if owners[Int(truncatingIfNeeded: entry & UInt128(UInt64.max))] == owner { return true }
        }
        return false
    }
}
