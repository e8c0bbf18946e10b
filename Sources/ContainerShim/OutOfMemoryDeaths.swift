internal import LinuxSystem

/// Whether the kernel ends a container's processes because their memory is used up: counted by their control group.
struct OutOfMemoryDeaths {
    private let file: String?
    private var before: Int64

    /// Begins to count.
    init(_ plan: LaunchPlan) {
        file = plan.outOfMemoryEvents
        before = Self.count(file)
    }

    /// Leaves out what was counted until now: it was of an earlier start.
    mutating func forget() { before = Self.count(file) }

    /// Whether there was one since.
    var happened: Bool { Self.count(file) > before }

    /// The number in the line "oom_kill N"; 0 where nothing counts.
    private static func count(_ file: String?) -> Int64 {
        guard let file, let text = try? Files.readIfPresent(file, limit: 4096) else { return 0 }
        let key = Array("oom_kill ".utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: key) {
            return Int64(String(decoding: line.dropFirst(key.count), as: UTF8.self)) ?? 0
        }
        return 0
    }
}
