internal import LinuxSystem

/// The control groups of one container: one directory of the version 2 hierarchy, and one of each version 1 hierarchy that
/// limits it.
///
/// The version 2 group is where its processes are killed, frozen and watched as one, whichever controllers it has. Where no
/// version 2 hierarchy is mounted, version 1's freezer takes that part.
public struct ControlGroup: Hashable, Sendable {
    /// A group in a version 1 hierarchy.
    public struct Legacy: Hashable, Sendable {
        /// The hierarchy's controllers.
        public let controllers: [Controller]
        /// The group's directory.
        public let directory: String
    }

    let hierarchies: ControlGroupHierarchies
    /// The groups' path below each hierarchy's mount point: "hawser/ID".
    public let path: String
    /// The version 2 group's directory.
    public private(set) var unified: String?
    /// The version 1 groups.
    public private(set) var legacy: [Legacy] = []

    private init(_ hierarchies: ControlGroupHierarchies, path: String) {
        self.hierarchies = hierarchies
        self.path = path
    }

    /// Makes a container's groups: those that its limits need, and the one that holds its processes together.
    ///
    /// Without limits a machine that lets nobody make groups is put up with. `everywhere`: in each version 1 hierarchy, for
    /// those who count there and for limits that are set later.
    public static func make(
        _ path: String, for limits: ResourceLimits, everywhere: Bool = false, in hierarchies: ControlGroupHierarchies
    ) throws(ControlGroupError) -> ControlGroup {
        let plan = try LimitPlan(limits, hierarchies, lenient: true)
        var group = ControlGroup(hierarchies, path: path)
        do throws(ControlGroupError) {
            if let unified = hierarchies.unified { try group.makeUnified(unified, plan.unified) }
            try group.addLegacy(plan.legacy)
            if everywhere { for hierarchy in hierarchies.legacy { try group.addLegacy(hierarchy.controllers) } }
            if hierarchies.unified == nil, hierarchies.legacy(.freezer) != nil { try group.addLegacy([.freezer]) }
            if !limits.devices.isEmpty, hierarchies.legacy(.devices) != nil { try group.addLegacy([.devices]) }
        } catch {
            _ = group.remove()
            if limits.isEmpty { return group }
            throw error
        }
        return group
    }

    /// The groups of a container that are there.
    public static func find(_ path: String, in hierarchies: ControlGroupHierarchies) -> ControlGroup {
        var group = ControlGroup(hierarchies, path: path)
        if let unified = hierarchies.unified, Files.exists("\(unified.directory)/\(path)") {
            group.unified = "\(unified.directory)/\(path)"
        }
        for hierarchy in hierarchies.legacy where Files.exists("\(hierarchy.directory)/\(path)") {
            group.legacy.append(
                Legacy(controllers: hierarchy.controllers, directory: "\(hierarchy.directory)/\(path)"))
        }
        return group
    }

    /// The paths of all groups below a parent, in any hierarchy.
    public static func paths(below parent: String, in hierarchies: ControlGroupHierarchies) -> [String] {
        var found: [String] = []
        for directory in hierarchies.legacy.map({ $0.directory }) + (hierarchies.unified.map { [$0.directory] } ?? []) {
            for name in (try? Files.list("\(directory)/\(parent)")) ?? [] {
                let path = "\(parent)/\(name)"
                let status = try? Files.status("\(directory)/\(path)", followingLinks: false)
                if status?.kind == .directory, !found.contains(path) { found.append(path) }
            }
        }
        return found
    }

    /// Whether there is any group.
    public var isEmpty: Bool { unified == nil && legacy.isEmpty }

    /// The directories of all groups.
    public var directories: [String] { (unified.map { [$0] } ?? []) + legacy.map { $0.directory } }

    /// The file that tells how often memory ran out, whether the group it belongs to is there or not yet.
    public var outOfMemoryEvents: String? {
        if let hierarchy = hierarchies.legacy(.memory) { return "\(hierarchy.directory)/\(path)/memory.oom_control" }
        return hierarchies.unifiedHas(.memory) ? unified.map { "\($0)/memory.events" } : nil
    }

    /// The version 1 group of a controller.
    func legacy(_ controller: Controller) -> Legacy? {
        for group in legacy where group.controllers.contains(controller) { return group }
        return nil
    }

    /// Makes a directory, its parent for the second time when the end of another container takes that away meanwhile.
    private func makeDirectory(_ directory: String) throws(ControlGroupError) {
        do throws(SystemError) {
            do throws(SystemError) {
                try Files.makeDirectories(directory, mode: 0o755)
            } catch  where error.errno == .noEntry {
                try Files.makeDirectories(directory, mode: 0o755)
            }
        } catch {
            throw .system(error, during: "making the container's control group")
        }
    }

    private mutating func makeUnified(_ hierarchy: ControlGroupHierarchies.Unified, _ needed: [Controller])
        throws(ControlGroupError)
    {
        let directory = "\(hierarchy.directory)/\(path)"
        // On a machine of version 2 alone they also count: hawser stats.
        var wanted = needed
        for controller in [Controller.memory, .pids, .cpu, .blkio]
        where hierarchy.controllers.contains(controller) && !wanted.contains(controller) { wanted.append(controller) }
        try makeDirectory(directory)
        unified = directory
        try enable(wanted, required: needed, from: hierarchy.directory)
    }

    /// Hands controllers down from the hierarchy's root to the container's group.
    private func enable(_ wanted: [Controller], required: [Controller], from root: String) throws(ControlGroupError) {
        guard !wanted.isEmpty else { return }
        var above = root
        let parents = splitText(path, UInt8(ascii: "/")).dropLast()
        for name in [""] + parents {
            if !name.isEmpty { above += "/\(name)" }
            let file = "\(above)/cgroup.subtree_control"
            let enabled = KernelText.words((try? Files.read(file, limit: 4096)) ?? [])
            for controller in wanted {
                guard let name = controller.unifiedName, !enabled.contains(name) else { continue }
                do throws(SystemError) {
                    try Files.write(file, Array("+\(name)".utf8))
                } catch {
                    guard required.contains(controller) else { continue }
                    throw .system(error, during: "giving the container's group the \(name) controller")
                }
            }
        }
    }

    /// Makes the groups that new limits need, and moves the container's processes there; returns those that were made.
    public mutating func widen(for limits: ResourceLimits) throws(ControlGroupError) -> [Legacy] {
        let plan = try LimitPlan(limits, hierarchies, lenient: true)
        guard let source = directories.first else {
            throw .absent(option: "update", cause: "the container has no control group")
        }
        let before = legacy
        if let unified = hierarchies.unified { try makeUnified(unified, plan.unified) }
        try addLegacy(plan.legacy)
        let added = legacy.filter { !before.contains($0) }
        do throws(SystemError) {
            for group in added { try Self.move(from: source, to: group.directory) }
        } catch {
            throw .system(error, during: "moving the container's processes into new groups")
        }
        return added
    }

    private static let rounds = 100  // a process that starts others faster than they are moved is not waited for

    /// Moves processes until all are there: one that is started meanwhile begins where the one that started it is.
    private static func move(from source: String, to directory: String) throws(SystemError) {
        for _ in 0..<rounds {
            let there = try processes(in: directory)
            let missing = try processes(in: source).filter { !there.contains($0) }
            if missing.isEmpty { return }
            for process in missing {
                do throws(SystemError) {
                    try Files.write("\(directory)/cgroup.procs", Array("\(process)".utf8))
                } catch {
                    // It has ended.
                    if error.errno != .noProcess { throw error }
                }
            }
        }
        throw SystemError("write", "\(directory)/cgroup.procs", .wouldBlock)
    }

    /// Makes the groups of version 1 controllers that are not there yet.
    mutating func addLegacy(_ controllers: [Controller]) throws(ControlGroupError) {
        for controller in controllers where legacy(controller) == nil {
            guard let hierarchy = hierarchies.legacy(controller) else { continue }
            let directory = "\(hierarchy.directory)/\(path)"
            try makeDirectory(directory)
            legacy.append(Legacy(controllers: hierarchy.controllers, directory: directory))
            if hierarchy.controllers.contains(.cpuset) { try inheritSets(hierarchy.directory) }
        }
    }

    /// Gives each new cpuset, from the root down, what the one above it has: no process may be in an empty one.
    private func inheritSets(_ root: String) throws(ControlGroupError) {
        var above = root
        do throws(SystemError) {
            for name in splitText(path, UInt8(ascii: "/")) {
                let below = "\(above)/\(name)"
                for file in ["cpuset.cpus", "cpuset.mems"] {
                    let own = try Files.read("\(below)/\(file)", limit: 4096)
                    guard KernelText.words(own).isEmpty else { continue }
                    try Files.write("\(below)/\(file)", try Files.read("\(above)/\(file)", limit: 4096))
                }
                above = below
            }
        } catch {
            throw .system(error, during: "preparing the container's cpuset")
        }
    }
}
