public import LinuxSystem

extension ControlGroup {
    private static let processLimit = 16 << 20  // bytes of cgroup.procs: more than a machine has process numbers

    /// The file system's answer to which processes are in the container, by their numbers here.
    public func processes() throws(SystemError) -> [Int32] {
        guard let directory = directories.first else { return [] }
        return try Self.processes(in: directory)
    }

    static func processes(in directory: String) throws(SystemError) -> [Int32] {
        let content = try Files.readIfPresent("\(directory)/cgroup.procs", limit: processLimit) ?? []
        var found: [Int32] = []
        for word in KernelText.words(content) { if let process = Int32(word) { found.append(process) } }
        return found
    }

    /// Ends every process of the container at once.
    public func kill() {
        if let unified, (try? Files.write("\(unified)/cgroup.kill", Array("1".utf8))) != nil { return }
        // Without cgroup.kill (Linux before 5.14, version 1): frozen first, so that none starts another meanwhile.
        let frozen: Void? = try? freeze()
        for directory in directories { Self.killAll(in: directory) }
        if frozen != nil { try? thaw() }
    }

    private static func killAll(in directory: String) {
        for process in (try? processes(in: directory)) ?? [] {
            if let handle = try? ProcessHandle.open(process) { _ = try? handle.send(.kill) }
        }
    }

    /// Stops every process of the container where it is, until `thaw`.
    public func freeze() throws(SystemError) { try setFrozen(true) }

    /// Lets the processes go on.
    public func thaw() throws(SystemError) { try setFrozen(false) }

    private static let freezePatience: Int64 = 10_000  // milliseconds: a process may be waiting for a disk

    private func setFrozen(_ frozen: Bool) throws(SystemError) {
        let deadline = Clock.monotonicMilliseconds() + Self.freezePatience
        if let unified, Files.exists("\(unified)/cgroup.freeze") {
            let changes = try FileChanges.open(unified)
            try Files.write("\(unified)/cgroup.freeze", Array((frozen ? "1" : "0").utf8))
            while try isFrozen() != frozen {
                guard Clock.monotonicMilliseconds() < deadline else {
                    throw SystemError("freeze", unified, .timedOut)
                }
                try changes.wait(milliseconds: 100)
            }
            return
        }
        guard let directory = legacy(.freezer)?.directory else {
            throw SystemError(
                "freeze", path, .notSupported, explanation: "neither a version 2 group nor a freezer is there")
        }
        // Version 1 announces nothing, and asking again makes it try again.
        while true {
            try Files.write("\(directory)/freezer.state", Array((frozen ? "FROZEN" : "THAWED").utf8))
            if try isFrozen() == frozen { return }
            guard Clock.monotonicMilliseconds() < deadline else { throw SystemError("freeze", directory, .timedOut) }
            _ = try Poll.wait(for: [], milliseconds: 1)
        }
    }

    /// Whether the processes are stopped.
    public func isFrozen() throws(SystemError) -> Bool {
        if let unified, let events = try Files.readIfPresent("\(unified)/cgroup.events", limit: 4096),
            let frozen = KernelText.value(of: "frozen", in: events)
        {
            return frozen == 1
        }
        guard let directory = legacy(.freezer)?.directory else { return false }
        return KernelText.words(try Files.read("\(directory)/freezer.state", limit: 64)) == ["FROZEN"]
    }

    /// Whether any process is in the container's groups.
    public func isPopulated() throws(SystemError) -> Bool {
        if let unified, let events = try Files.readIfPresent("\(unified)/cgroup.events", limit: 4096),
            let populated = KernelText.value(of: "populated", in: events)
        {
            return populated == 1
        }
        for directory in directories where try !Self.processes(in: directory).isEmpty { return true }
        return false
    }

    private static let patience: Int64 = 5000  // milliseconds, for killed processes to end

    /// Ends what still runs and removes the groups, and those above them with the last container; true when all are gone.
    public func remove() -> Bool {
        let deadline = Clock.monotonicMilliseconds() + Self.patience
        var gone = true
        for directory in directories where !removeEmptied(directory, deadline) { gone = false }
        guard gone else { return false }
        var depth = splitText(path, UInt8(ascii: "/")).count
        var above = directories
        while depth > 1 {
            depth -= 1
            above = above.map { Files.split($0).parent }
            // Refused while other containers have groups in it.
            for directory in above { _ = try? Files.removeDirectory(directory) }
        }
        return true
    }

    private func removeEmptied(_ directory: String, _ deadline: Int64) -> Bool {
        if Self.removeTree(directory) { return true }
        // The kernel announces in cgroup.events when the last process of a version 2 group has gone.
        let changes = try? FileChanges.open(directory)
        // Processes that were executed into the container, or that its end has not reached yet.
        kill()
        while !Self.removeTree(directory) {
            guard Clock.monotonicMilliseconds() < deadline else { return false }
            if directory == unified {
                guard (try? changes?.wait(milliseconds: 100)) != nil else { return false }
            } else {
                Self.killAll(in: directory)
                Self.awaitEnd(of: (try? Self.processes(in: directory)) ?? [])
            }
        }
        return true
    }

    private static func awaitEnd(of processes: [Int32]) {
        for process in processes {
            if let handle = try? ProcessHandle.open(process) { _ = try? handle.waitForEnd(milliseconds: 100) }
        }
        if processes.isEmpty { _ = try? Poll.wait(for: [], milliseconds: 1) }
    }

    private static let depthLimit = 8  // a container that keeps groups of its own makes few levels

    /// Removes a group without processes, with those that the container made in it.
    private static func removeTree(_ directory: String, depth: Int = depthLimit) -> Bool {
        if (try? Files.removeDirectory(directory)) != nil { return true }
        guard depth > 0 else { return false }
        for name in (try? Files.list(directory)) ?? [] {
            let path = "\(directory)/\(name)"
            let status = try? Files.status(path, followingLinks: false)
            if status?.kind == .directory, !removeTree(path, depth: depth - 1) { return false }
        }
        return (try? Files.removeDirectory(directory)) != nil
    }
}
