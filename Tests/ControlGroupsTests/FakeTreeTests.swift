import JSON
import Testing

@testable import ControlGroups

/// The writers, on trees that play machines which this one is not.
@Suite struct FakeTreeTests {
    private static let limits = """
        {"memory":{"limit":1048576,"swap":3145728,"reservation":524288},"cpu":{"shares":512,"quota":50000,\
        "period":200000,"burst":1000,"cpus":"0-1","mems":"0"},"blockIO":{"weight":500,"weightDevice":[{"major":8,\
        "minor":0,"weight":300}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":600}],"throttleWriteIOPSDevice":[{\
        "major":8,"minor":16,"rate":0}]},"pids":{"limit":64}}
        """

    private func limits(_ text: String) throws -> ResourceLimits { try ResourceLimits(JSONValue.parse(text)) }

    @Test("on version 2 alone each limit goes into its file, and controllers are handed down")
    func versionTwo() throws {
        let tree = try FakeTree([
            "cgroup.subtree_control": "cpu", "hawser/cgroup.subtree_control": "",
            "hawser/x/memory.max": "max", "hawser/x/memory.swap.max": "max", "hawser/x/memory.low": "0",
            "hawser/x/cpu.weight": "", "hawser/x/cpu.max": "", "hawser/x/cpu.max.burst": "",
            "hawser/x/cpuset.cpus": "", "hawser/x/cpuset.mems": "", "hawser/x/io.weight": "", "hawser/x/io.max": "",
            "hawser/x/pids.max": "max",
        ])
        let limits = try limits(Self.limits)
        var group = try ControlGroup.make("hawser/x", for: limits, in: tree.versionTwo)
        #expect(group.legacy.isEmpty && group.unified == tree.path + "/hawser/x")
        #expect(try group.apply(limits) == [])
        let expected = [
            "memory.max": "1048576", "memory.swap.max": "2097152", "memory.low": "524288", "cpu.weight": "50",
            "cpu.max": "50000 200000", "cpu.max.burst": "1000", "cpuset.cpus": "0-1", "cpuset.mems": "0",
            // The files of the kernel take one entry at a time; of this one the last stays.
            "io.weight": "8:0 2930", "io.max": "8:16 wiops=max", "pids.max": "64",
        ]
        for (file, value) in expected { #expect(tree.read("hawser/x/\(file)")?.hasPrefix(value) == true, "\(file)") }
        #expect(tree.read("hawser/cgroup.subtree_control")?.hasPrefix("+") == true)
    }

    @Test("on version 1 alone each limit goes into its hierarchy, and cpusets inherit from the root down")
    func versionOne() throws {
        let tree = try FakeTree([
            "memory/hawser/x/memory.limit_in_bytes": "",
            "memory/hawser/x/memory.memsw.limit_in_bytes": "9223372036854771712",
            "memory/hawser/x/memory.soft_limit_in_bytes": "", "cpu/hawser/x/cpu.shares": "",
            "cpu/hawser/x/cpu.cfs_quota_us": "", "cpu/hawser/x/cpu.cfs_period_us": "",
            "cpu/hawser/x/cpu.cfs_burst_us": "",
            "cpuset/cpuset.cpus": "0-3", "cpuset/cpuset.mems": "0-1", "cpuset/hawser/cpuset.cpus": "",
            "cpuset/hawser/cpuset.mems": "", "cpuset/hawser/x/cpuset.cpus": "", "cpuset/hawser/x/cpuset.mems": "",
            "blkio/hawser/x/blkio.bfq.weight": "", "blkio/hawser/x/blkio.weight_device": "",
            "blkio/hawser/x/blkio.throttle.read_bps_device": "", "blkio/hawser/x/blkio.throttle.write_iops_device": "",
            "pids/hawser/x/pids.max": "",
        ])
        let limits = try limits(Self.limits)
        var group = try ControlGroup.make("hawser/x", for: limits, in: tree.versionOne)
        #expect(tree.read("cpuset/hawser/x/cpuset.cpus") == "0-3")
        #expect(try group.apply(limits) == [])
        let expected = [
            "memory/hawser/x/memory.limit_in_bytes": "1048576",
            "memory/hawser/x/memory.soft_limit_in_bytes": "524288", "cpu/hawser/x/cpu.shares": "512",
            "cpu/hawser/x/cpu.cfs_quota_us": "50000", "cpu/hawser/x/cpu.cfs_period_us": "200000",
            "cpu/hawser/x/cpu.cfs_burst_us": "1000", "cpuset/hawser/cpuset.cpus": "0-3",
            "cpuset/hawser/cpuset.mems": "0-1", "cpuset/hawser/x/cpuset.cpus": "0-1",
            "blkio/hawser/x/blkio.bfq.weight": "500", "blkio/hawser/x/blkio.weight_device": "8:0 300",
            "blkio/hawser/x/blkio.throttle.read_bps_device": "8:0 600",
            "blkio/hawser/x/blkio.throttle.write_iops_device": "8:16 0", "pids/hawser/x/pids.max": "64",
        ]
        for (file, value) in expected { #expect(tree.read(file)?.hasPrefix(value) == true, "\(file)") }
        // Version 1 has no cgroup.kill: a freezer is made to hold the processes together.
        #expect(group.legacy.contains { $0.controllers == [.freezer] })
    }

    @Test("without limits there is one group, of version 2 where that is mounted")
    func fewGroups() throws {
        let tree = try FakeTree(["cgroup.subtree_control": "", "hawser/cgroup.subtree_control": ""])
        let hybrid = ControlGroupHierarchies(
            unified: ControlGroupHierarchies.Unified(directory: tree.path, controllers: []),
            legacy: tree.versionOne.legacy)
        #expect(
            try ControlGroup.make("hawser/x", for: ResourceLimits(), in: hybrid).directories == [
                tree.path + "/hawser/x"
            ])
        var limited = ResourceLimits()
        limited.processes = 5
        let group = try ControlGroup.make("hawser/y", for: limited, in: hybrid)
        #expect(group.directories == [tree.path + "/hawser/y", tree.path + "/pids/hawser/y"])
        #expect(ControlGroup.find("hawser/y", in: hybrid) == group)
        #expect(ControlGroup.paths(below: "hawser", in: hybrid).sorted() == ["hawser/x", "hawser/y"])
    }

    @Test(
        "a limit whose file or controller is missing is refused with flag, file and cause",
        arguments: [
            (#"{"cpu":{"realtimeRuntime":1000}}"#, "--cpu-rt-runtime", "cpu.rt_runtime_us", "CONFIG_RT_GROUP_SCHED"),
            (#"{"memory":{"swap":10}}"#, "--memory-swap", "memory.memsw.limit_in_bytes", "swap"),
            (#"{"blockIO":{"weight":10}}"#, "--blkio-weight", "blkio.bfq.weight", "bfq"),
        ])
    func missingFile(_ text: String, _ option: String, _ file: String, _ cause: String) throws {
        let tree = try FakeTree(["cpu/x": "", "memory/x": "", "blkio/x": ""])
        let limits = try limits(text)
        var group = try ControlGroup.make("hawser/x", for: limits, in: tree.versionOne)
        let refusal = try #require(throws: ControlGroupError.self) { try group.apply(limits) }
        for part in [option, "\(tree.path)/", file, cause] {
            #expect(refusal.description.contains(part))
        }
        let warnings = try group.apply(limits, lenient: true)
        #expect(warnings.count == 1 && warnings[0].contains(option))
    }

    @Test(
        "what version 2 does not have is refused by name, or left out with a warning",
        arguments: [
            (#"{"memory":{"swappiness":5}}"#, "--memory-swappiness"),
            (#"{"memory":{"disableOOMKiller":true}}"#, "--oom-kill-disable"),
            (#"{"cpu":{"realtimeRuntime":1000}}"#, "--cpu-rt-runtime"),
            (#"{"network":{"classID":1}}"#, "network.classID"),
        ])
    func notInVersionTwo(_ text: String, _ option: String) throws {
        let tree = try FakeTree(["cgroup.subtree_control": "", "hawser/cgroup.subtree_control": ""])
        let limits = try limits(text)
        let refusal = try #require(throws: ControlGroupError.self) {
            try ControlGroup.check(limits, in: tree.versionTwo)
        }
        #expect(refusal.description.hasPrefix(option + ": "))
        var group = try ControlGroup.make("hawser/x", for: limits, in: tree.versionTwo)
        #expect(try group.apply(limits, lenient: true).contains { $0.hasPrefix(option) })
    }

    @Test("a machine without control groups refuses each limit, and makes no group without one")
    func noHierarchy() throws {
        let nothing = ControlGroupHierarchies(unified: nil, legacy: [], unmounted: [])
        #expect(try ControlGroup.make("hawser/x", for: ResourceLimits(), in: nothing).isEmpty)
        var limits = ResourceLimits()
        limits.processes = 1
        let refusal = try #require(throws: ControlGroupError.self) { try ControlGroup.check(limits, in: nothing) }
        #expect(refusal.description == "--pids-limit: no control group hierarchy is mounted")
        let bound = ControlGroupHierarchies(unified: nil, legacy: [], unmounted: [.pids])
        let second = try #require(throws: ControlGroupError.self) { try ControlGroup.check(limits, in: bound) }
        #expect(second.description.contains("not mounted"))
    }

    @Test("kernel memory is accepted with a warning")
    func kernelMemory() throws {
        let tree = try FakeTree([:])
        let limits = try limits(#"{"memory":{"kernel":4194304}}"#)
        var group = try ControlGroup.make("hawser/x", for: limits, in: tree.versionOne)
        let warnings = try group.apply(limits)
        #expect(warnings.count == 1 && warnings[0].hasPrefix("--kernel-memory"))
    }

    @Test("a limit of memory and swap that grows is written first, one that shrinks last")
    func order() throws {
        let tree = try FakeTree([:])
        let limits = try limits(#"{"memory":{"limit":100,"swap":200}}"#)
        let writes = try LimitPlan(limits, tree.versionOne, lenient: false).writes
        func files(_ current: Int64) -> [String] {
            ControlGroup.inOrder(writes, currentSwap: current).map { $0.candidates[0].file }
        }
        #expect(files(150) == ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"])
        #expect(files(.max) == ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"])
        let lifted = try self.limits(#"{"memory":{"limit":-1,"swap":-1}}"#)
        let lifting = try LimitPlan(lifted, tree.versionOne, lenient: false).writes
        #expect(ControlGroup.inOrder(lifting, currentSwap: 150)[0].candidates[0].value == "-1")
    }

    @Test(
        "shares become weights, with docker's 1024 in the middle",
        arguments: [(2, 1), (512, 50), (1024, 100), (1 << 18, 10_000)])
    func weights(_ shares: Int64, _ weight: Int64) {
        #expect(LimitPlan.weight(shares: shares) == weight)
    }

    @Test("use is read from the files of either version")
    func usage() throws {
        let tree = try FakeTree([
            "hawser/x/cpu.stat":
                "usage_usec 300\nuser_usec 200\nsystem_usec 100\nnr_periods 9\nnr_throttled 4\nthrottled_usec 50\n",
            "hawser/x/memory.current": "10000\n", "hawser/x/memory.stat": "anon 1\ninactive_file 4000\n",
            "hawser/x/memory.max": "max\n", "hawser/x/memory.events": "low 0\noom 2\noom_kill 1\n",
            "hawser/x/pids.current": "3\n", "hawser/x/pids.max": "64\n", "hawser/x/cgroup.procs": "",
            "hawser/x/io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2\n",
            "memory/hawser/x/memory.usage_in_bytes": "5000\n", "memory/hawser/x/memory.limit_in_bytes": "9000\n",
            "memory/hawser/x/memory.stat": "total_inactive_file 1000\n",
            "memory/hawser/x/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n",
            "blkio/hawser/x/blkio.throttle.io_service_bytes_recursive":
                "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n",
            "cpu/hawser/x/cpu.stat": "nr_periods 2\nnr_throttled 1\nthrottled_time 5000\n",
            "cpuacct/hawser/x/cpuacct.usage": "7000\n", "pids/hawser/x/pids.current": "1\n",
            "pids/hawser/x/pids.max": "max\n",
        ])
        let two = ControlGroup.find("hawser/x", in: tree.versionTwo).usage()
        #expect(two.processorTime == 300 && two.throttledPeriods == 4 && two.memory == 6000 && two.memoryLimit == nil)
        #expect(two.outOfMemoryKills == 1 && two.processes == 3 && two.processLimit == 64)
        #expect(two.bytesRead == 11 && two.bytesWritten == 22)
        let one = ControlGroup.find("hawser/x", in: tree.versionOne).usage()
        #expect(one.processorTime == 7 && one.throttledTime == 5 && one.memory == 4000 && one.memoryLimit == 9000)
        #expect(one.outOfMemoryKills == 7 && one.processes == 1 && one.processLimit == nil)
        #expect(one.bytesRead == 5 && one.bytesWritten == 6)
    }
}
