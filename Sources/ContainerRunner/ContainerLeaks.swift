internal import ContainerShim
internal import ControlGroups
internal import LinuxSystem

/// What containers left that were killed together with those who tend them: directories, names, processes, groups, mounts.
///
/// First what there is is listed, then who is alive is asked: what is made in between has an owner by then.
public struct ContainerLeaks: Sendable {
    let paths: RunnerPaths
    let store: ContainerStore

    /// A search at these places.
    public init(_ paths: RunnerPaths) {
        self.paths = paths
        store = ContainerStore(paths)
    }

    /// Everything that is left over now.
    public func find() throws(RunnerError) -> [Leak] {
        let groups = try groupIDs()
        let shims = try Self.shims()
        let directories = try entries("\(paths.runDirectory)/containers")
        let mounts = try MountTable.read()
        let names = try store.withNames { (names) throws(RunnerError) in
            try during("listing names") { () throws(SystemError) in try names.names(limit: 1_000_000) }
        }
        var leaks = try unfinishedContainers()
        leaks += try staleNames(names)
        for id in directories {
            if let leak = try staleRunDirectory(id) { leaks.append(leak) }
        }
        leaks += try strayProcesses(shims)
        for id in groups where try !isOwned(id, shims) {
            leaks.append(
                Leak(.controlGroup, "\(paths.controlGroupParent)/\(id)", "its container does not run", container: id))
        }
        for mount in mounts {
            guard let id = container(ofPath: mount.target), try !isOwned(id, shims) else { continue }
            leaks.append(Leak(.mount, mount.target, "its container does not run", container: id))
        }
        return leaks
    }

    private func entries(_ path: String) throws(RunnerError) -> [String] {
        guard Files.exists(path) else { return [] }
        return try during("listing \(path)") { () throws(SystemError) in try Files.list(path) }
    }

    private func groupIDs() throws(RunnerError) -> [String] {
        let found = try during("looking at control groups") { () throws(SystemError) in
            ControlGroups.ControlGroup.paths(below: paths.controlGroupParent, in: try .observe())
        }
        return Array(Set(found.map { Files.split($0).name })).sorted()
    }

    /// Containers that nobody makes, tends or wants any more.
    private func unfinishedContainers() throws(RunnerError) -> [Leak] {
        var leaks: [Leak] = []
        for id in try store.ids() {
            guard let container = try? store.load(id), case .dead = container.state else { continue }
            let state = paths.state(of: id)
            if !Files.exists("\(state)/\(Shim.planFileName)") {
                leaks.append(Leak(.container, state, "it was never made to its end", container: id))
            } else if container.specification.removeAtEnd {
                leaks.append(Leak(.container, state, "it was to be removed at its end (--rm)", container: id))
            }
        }
        return leaks
    }

    private func staleNames(_ names: [String]) throws(RunnerError) -> [Leak] {
        try store.withNames { (directory) throws(RunnerError) in
            var leaks: [Leak] = []
            for name in names where !name.hasPrefix(".") {
                guard try store.owner(of: name, in: directory) == nil else { continue }
                leaks.append(Leak(.name, name, "no container has it"))
            }
            return leaks
        }
    }

    private func staleRunDirectory(_ id: String) throws(RunnerError) -> Leak? {
        let path = paths.run(of: id)
        guard Files.exists(path), !store.isBeingMade(id) else { return nil }
        switch (try? store.load(id))?.state {
        case .created, .running, .restarting, .paused: return nil
        case .exited:
            // Its shim is still releasing what it held.
            if let shim = try store.shim(of: id), try Self.isAlive(shim) { return nil }
            return Leak(.runDirectory, path, "its container has ended", container: id)
        case .dead: return Leak(.runDirectory, path, "its container's shim was killed", container: id)
        case nil: return Leak(.runDirectory, path, "it has no container", container: id)
        }
    }

    /// Shims of this place whose container is gone, and first processes whose shim is.
    private func strayProcesses(_ shims: [RunningShim]) throws(RunnerError) -> [Leak] {
        var leaks: [Leak] = []
        for shim in shims
        where Files.split(shim.arguments.stateDirectory).parent == "\(paths.stateDirectory)/containers" {
            // In another mount namespace the same path is another place.
            guard !Files.exists(shim.arguments.stateDirectory), shim.seesOurFiles, try Self.isAlive(shim.process) else {
                continue
            }
            leaks.append(
                Leak(
                    .process, String(shim.process.identifier), "a shim without a container",
                    container: Files.split(shim.arguments.stateDirectory).name))
        }
        for id in try entries("\(paths.runDirectory)/containers") {
            guard let json = try? StateFile.read("\(paths.run(of: id))/\(LiveRecord.fileName)"),
                let live = try? LiveRecord(json), try !Self.isAlive(live.shim), try Self.isAlive(live.first)
            else { continue }
            leaks.append(
                Leak(
                    .process, String(live.first.identifier), "a container's first process without its shim",
                    container: id)
            )
        }
        return leaks
    }

    /// Whether somebody makes or tends the container, here or at another place that shares its control groups.
    private func isOwned(_ id: String, _ shims: [RunningShim]) throws(RunnerError) -> Bool {
        if store.isBeingMade(id) { return true }
        for shim in shims where Files.split(shim.arguments.stateDirectory).name == id {
            if try Self.isAlive(shim.process) { return true }
        }
        switch (try? store.load(id))?.state {
        case .created, .running, .restarting, .paused: return true
        case .exited: return try store.shim(of: id).map { shim throws(RunnerError) in try Self.isAlive(shim) } ?? false
        case .dead, nil: return false
        }
    }

    private func container(ofPath path: String) -> String? {
        for prefix in ["\(paths.stateDirectory)/containers/", "\(paths.runDirectory)/containers/"]
        where path.hasPrefix(prefix) {
            return path.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
        }
        return nil
    }

    static func isAlive(_ process: LiveRecord.Process) throws(RunnerError) -> Bool {
        try during("looking for process \(process.identifier)") { () throws(SystemError) in
            try ProcessHandle.startTime(of: process.identifier) == process.startTime
        }
    }

    /// A process that is a shim by its command line.
    struct RunningShim {
        let process: LiveRecord.Process
        let arguments: Shim.Arguments

        /// Whether it lives in this process's mount namespace.
        var seesOurFiles: Bool {
            guard let theirs = (try? NamespaceKind.mount.number(of: process.identifier)) ?? nil else { return false }
            return theirs == (try? NamespaceKind.mount.number()) ?? nil
        }
    }

    /// All shims of this machine that can be seen, of whatever place.
    static func shims() throws(RunnerError) -> [RunningShim] {
        let processes = try during("listing processes") { () throws(SystemError) in try Files.list("/proc") }
            .compactMap { Int32($0) }
        return processes.compactMap { process in
            guard let line = try? Files.read("/proc/\(process)/cmdline", limit: 1 << 20), !line.isEmpty else {
                return nil
            }
            let words = line.split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard Files.split(words[0]).name == "hawser-shim", let arguments = Shim.Arguments(words),
                let start = (try? ProcessHandle.startTime(of: process)) ?? nil
            else { return nil }
            return RunningShim(
                process: LiveRecord.Process(identifier: process, startTime: start), arguments: arguments)
        }
    }
}
