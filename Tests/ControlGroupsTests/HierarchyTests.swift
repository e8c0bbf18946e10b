import ControlGroups
import Testing

@Suite struct HierarchyTests {
    static let hybridMounts = """
        22 1 8:1 / / rw - ext4 /dev/vda rw
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw,nsdelegate

        """

    private func layout(_ mounts: String, own: String = "", unified: String = "") -> ControlGroupHierarchies {
        ControlGroupHierarchies(
            mountInfo: Array(mounts.utf8), ownGroups: Array(own.utf8), unifiedControllers: Array(unified.utf8))
    }

    @Test("version 1 controllers beside a version 2 tree with a stray controller are told apart")
    func hybrid() {
        let found = layout(
            Self.hybridMounts, own: "5:pids:/\n4:memory:/a\n3:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n",
            unified: "hugetlb misc\n")
        #expect(found.unified?.directory == "/sys/fs/cgroup/uni fied")
        #expect(found.unified?.controllers == [.hugetlb])
        #expect(found.legacy.map(\.controllers) == [[.cpu, .cpuacct], [.memory]])
        #expect(found.legacy(.cpuacct)?.directory == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(found.legacy(.pids) == nil)
        #expect(found.unmounted == [.pids])
    }

    @Test("a machine of version 2 alone has its controllers there, and one without control groups has none")
    func single() {
        let mounts = "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        let two = layout(mounts, own: "0::/user.slice\n", unified: "cpuset cpu io memory pids\n")
        #expect(two.unified?.controllers == [.cpuset, .cpu, .blkio, .memory, .pids])
        #expect(two.legacy.isEmpty && two.unmounted.isEmpty)
        let none = layout("22 1 8:1 / / rw - ext4 /dev/vda rw\n")
        #expect(none.unified == nil && none.legacy.isEmpty)
    }

    @Test("of several mounts at a place, and of several places, the last is used")
    func covered() {
        let again = Self.hybridMounts + "50 31 0:32 / /mnt/memory rw - cgroup cgroup rw,memory\n"
        #expect(layout(again).legacy(.memory)?.directory == "/mnt/memory")
        #expect(layout(again).legacy.count == 2)
    }

    @Test(
        "damaged lines of mountinfo are passed over", arguments: ["", "-", "a b c d e f - cgroup", "1 2 3 4 5 6 7 8 9"])
    func damaged(_ line: String) {
        #expect(layout(line).legacy.isEmpty)
        #expect(layout(line + "\n" + Self.hybridMounts).legacy.count == 2)
    }
}
