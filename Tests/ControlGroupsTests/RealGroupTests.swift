import LinuxSystem
import TestSupport
import Testing

@testable import ControlGroups

/// Groups of this machine's kernel, below a parent of each test's own.
@Suite(.needsKernel) struct RealGroupTests {
    private func withGroup(_ limits: ResourceLimits, _ body: (ControlGroup) throws -> Void) throws {
        let hierarchies = try ControlGroupHierarchies.observe()
        let parent = "hawser-test-\(String(Random.uint64(), radix: 16))"
        var group = try ControlGroup.make("\(parent)/x", for: limits, in: hierarchies)
        defer { _ = group.remove() }
        #expect(try group.apply(limits) == [])
        try body(group)
        #expect(group.remove())
        #expect(ControlGroup.find("\(parent)/x", in: hierarchies).isEmpty)
        #expect(ControlGroup.find(parent, in: hierarchies).isEmpty)
    }

    /// A shell that joins the groups, says so, and goes on with `script`.
    private func run(_ script: String, in group: ControlGroup) throws -> Running {
        let joining = group.directories.map { "echo 0 > \($0)/cgroup.procs; " }.joined()
        return try Command("/bin/sh", ["-c", joining + "echo in; " + script], timeout: .seconds(30)).start()
    }

    private func awaitJoining(_ running: Running) throws {
        let end = ContinuousClock.now + .seconds(10)
        while !(try running.outputSoFar().hasPrefix("in\n")) { try #require(ContinuousClock.now < end) }
    }

    @Test("processes are frozen, thawed and killed as one; limits are set; nothing stays")
    func life() throws {
        var limits = ResourceLimits()
        limits.processes = 20
        limits.memory.limit = 64 << 20
        limits.processor.period = 100_000
        limits.processor.quota = 10_000
        limits.processor.processors = "0"
        try withGroup(limits) { group in
            let running = try run("sleep 60 & while :; do :; done", in: group)
            try awaitJoining(running)
            let usage = group.usage()
            #expect(usage.processLimit == 20 && usage.memoryLimit == 64 << 20)
            #expect(try group.isPopulated())
            try group.freeze()
            #expect(try group.isFrozen())
            let before = group.usage().processorTime
            let wait = try Poll.wait(for: [], milliseconds: 50)
            #expect(wait.isEmpty && group.usage().processorTime == before)
            try group.thaw()
            #expect(try !group.isFrozen())
            group.kill()
            #expect(try running.finish().ending == .signalled(9))
        }
    }

    @Test("a freezer of version 1 does what version 2 does not")
    func legacyFreezer() throws {
        let all = try ControlGroupHierarchies.observe()
        try #require(all.legacy(.freezer) != nil || all.unified != nil)
        guard all.legacy(.freezer) != nil else { return }
        let alone = ControlGroupHierarchies(unified: nil, legacy: all.legacy)
        let parent = "hawser-test-\(String(Random.uint64(), radix: 16))"
        let group = try ControlGroup.make("\(parent)/x", for: ResourceLimits(), in: alone)
        #expect(group.legacy.map(\.controllers) == [[.freezer]])
        let running = try run("while :; do :; done", in: group)
        try awaitJoining(running)
        try group.freeze()
        #expect(try group.isFrozen() && group.isPopulated())
        try group.thaw()
        #expect(group.remove())
        #expect(try running.finish().ending == .signalled(9))
        #expect(ControlGroup.find(parent, in: alone).isEmpty)
    }

    @Test("devices are decided on by version 2's program and by version 1's files alike", arguments: [true, false])
    func devices(_ isUnified: Bool) throws {
        let all = try ControlGroupHierarchies.observe()
        let one = ControlGroupHierarchies(
            unified: isUnified ? all.unified : nil, legacy: isUnified ? [] : all.legacy)
        guard isUnified ? all.unified != nil : all.legacy(.devices) != nil else { return }
        var limits = ResourceLimits()
        limits.devices = DeviceRule.standard + [DeviceRule(allows: false, kind: .character, major: 1, minor: 5)]
        let parent = "hawser-test-\(String(Random.uint64(), radix: 16))"
        var group = try ControlGroup.make("\(parent)/x", for: limits, in: one)
        defer { _ = group.remove() }
        // Twice: the second set takes the place of the first.
        for minor: Int64 in [9, 5] {
            limits.devices[limits.devices.count - 1] = DeviceRule(
                allows: false, kind: .character, major: 1, minor: minor)
            _ = try group.apply(limits)
        }
        let reads = "for d in null zero urandom; do head -c1 /dev/$d >/dev/null 2>&1 && echo $d; done; exit 0"
        #expect(try run(reads, in: group).finish().text == "in\nnull\nurandom\n")
        #expect(group.remove())
    }

    @Test("what the kernel refuses is told with flag, file, value and cause")
    func refusal() throws {
        let hierarchies = try ControlGroupHierarchies.observe()
        let parent = "hawser-test-\(String(Random.uint64(), radix: 16))"
        var limits = ResourceLimits()
        limits.processor.processors = "4000"
        var group = try ControlGroup.make("\(parent)/x", for: limits, in: hierarchies)
        defer { _ = group.remove() }
        let refusal = try #require(throws: ControlGroupError.self) { try group.apply(limits) }
        for part in ["--cpuset-cpus", "/x/cpuset.cpus", "\"4000\"", "/sys/devices/system/cpu/online"] {
            #expect(refusal.description.contains(part), "\(refusal)")
        }
    }
}
