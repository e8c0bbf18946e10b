/// A part of the kernel that counts or limits what the processes of a group use: a cgroup controller.
public enum Controller: Hashable, Sendable, CaseIterable {
    case cpu, cpuacct, cpuset, memory, blkio, pids, devices, freezer, hugetlb, netClass, netPriority, rdma

    /// Its name in version 1, as in /proc/self/cgroup.
    public var name: String {
        switch self {
        case .cpu: "cpu"
        case .cpuacct: "cpuacct"
        case .cpuset: "cpuset"
        case .memory: "memory"
        case .blkio: "blkio"
        case .pids: "pids"
        case .devices: "devices"
        case .freezer: "freezer"
        case .hugetlb: "hugetlb"
        case .netClass: "net_cls"
        case .netPriority: "net_prio"
        case .rdma: "rdma"
        }
    }

    /// Its name in version 2, as in cgroup.controllers; nil for those that version 2 does without or has built in.
    public var unifiedName: String? {
        switch self {
        case .cpu, .cpuset, .memory, .pids, .hugetlb, .rdma: name
        case .blkio: "io"
        case .cpuacct, .devices, .freezer, .netClass, .netPriority: nil
        }
    }

    static func named(_ name: String) -> Controller? {
        for controller in allCases where controller.name == name { return controller }
        return nil
    }

    static func named(unified name: String) -> Controller? {
        for controller in allCases where controller.unifiedName == name { return controller }
        return nil
    }
}
