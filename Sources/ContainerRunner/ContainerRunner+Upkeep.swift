internal import ContainerShim
public import LinuxSystem

extension ContainerRunner {
    /// Gives a container another name; its host name stays.
    public func rename(_ key: String, to name: String) throws(RunnerError) {
        guard ContainerStore.isName(name) else {
            throw .invalid(
                option: "rename", value: name,
                expected: "a name of letters, digits, '-', '_' and '.', 64 at most, beginning with a letter or digit")
        }
        let container = try store.find(key)
        guard container.specification.name != name else {
            throw .container(name, "it has that name already")
        }
        try store.rename(container.specification, to: name)
    }

    /// Removes containers that do not run and match; returns each id, and the bytes that they held together.
    public func prune(_ filters: ContainerFilters) throws(RunnerError) -> (ids: [String], bytes: Int64) {
        var ids: [String] = []
        var bytes: Int64 = 0
        var failures: [RunnerError] = []
        for container in try store.all() where !container.isActive && filters.match(container) {
            let id = container.specification.id
            // One that is being made is no leftover.
            if case .created = container.state, try store.record(of: id) != nil { continue }
            let size = try during("measuring container \(container.specification.name)") { () throws(SystemError) in
                try Files.treeSize(paths.state(of: id))
            }
            do throws(RunnerError) {
                try remove(id, force: false)
                ids.append(id)
                bytes += size
            } catch {
                failures.append(error)
            }
        }
        if let first = failures.first { throw failures.count == 1 ? first : .several(failures) }
        return (ids, bytes)
    }

    /// The processes of a running container, as the host numbers them, in their order.
    public func processes(of key: String) throws(RunnerError) -> [ProcessEntry] {
        let container = try store.find(key)
        let name = container.specification.name
        guard let live = container.live else { throw .notRunning(name) }
        let directory = try store.plan(of: container.specification.id).controlGroup
        return try during("looking at the processes of container \(name)") { () throws(SystemError) in
            var members: Set<Int32> = []
            if let directory, Files.exists(directory) { members = try Self.members(of: directory) }
            // Without a control group those count that share the first process's process namespace.
            let namespace = try Files.readLink("/proc/\(live.first.identifier)/ns/pid")
            let own = try Files.readLink("/proc/self/ns/pid")
            let everyone = try Files.list("/proc").compactMap { Int32($0) }
            for process in everyone where namespace != own && !members.contains(process) {
                if (try? Files.readLink("/proc/\(process)/ns/pid")) == namespace { members.insert(process) }
            }
            var entries: [ProcessEntry] = []
            for number in members.sorted() { if let entry = try ProcessEntry.read(number) { entries.append(entry) } }
            return entries
        }
    }

    /// The processes of a control group and of those below it.
    private static func members(of directory: String) throws(SystemError) -> Set<Int32> {
        let content = try Files.readIfPresent(directory + "/cgroup.procs", limit: 16 << 20) ?? []
        var members = Set(
            content.split(separator: UInt8(ascii: "\n")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) })
        for name in try Files.list(directory) {
            guard try Files.status("\(directory)/\(name)", followingLinks: false)?.kind == .directory else { continue }
            members.formUnion(try Self.members(of: "\(directory)/\(name)"))
        }
        return members
    }
}
