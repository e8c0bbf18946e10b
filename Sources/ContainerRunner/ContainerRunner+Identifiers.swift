internal import LinuxSystem

extension ContainerRunner {
    private static let firstAutomatic: UInt32 = 1 << 20  // above what people and distributions number

    /// The ids of a container whose `--userns` says `auto`: a range that no container here has.
    ///
    /// It is chosen at random among more than 60,000, so that two that start at once do not meet.
    public func assigned(_ identifiers: SharingSettings.Identifiers) throws(RunnerError)
        -> SharingSettings.Identifiers
    {
        guard identifiers == .automatic else { return identifiers }
        let size = SharingSettings.Identifiers.standardCount
        var taken: Set<UInt32> = []
        for container in try store.all() {
            guard case .range(let first, let count) = container.specification.sharing.identifiers else { continue }
            for slot in first / size...(first + (count - 1)) / size { taken.insert(slot) }
        }
        let slots = Self.firstAutomatic / size..<UInt32.max / size
        while true {
            let slot = slots.lowerBound + UInt32(Random.uint64() % UInt64(slots.count))
            if !taken.contains(slot) { return .range(first: slot * size, count: size) }
        }
    }
}
