internal import ContainerShim
internal import JSON
internal import LinuxSystem

/// The containers of one host: their state directories and their names.
///
/// A container is a directory `containers/ID`; `names/NAME` holds an id. A directory comes before its name and goes
/// after it, so that whatever is killed when, a name never hides another container for good.
public struct ContainerStore: Sendable {
    let paths: RunnerPaths

    /// The store at these places.
    public init(_ paths: RunnerPaths) { self.paths = paths }

    private static let nameLimit = 64  // bytes: names become host names, labels and table cells

    /// Whether a name may be given.
    public static func isName(_ name: String) -> Bool {
        let first = name.utf8.first.map { isAlphanumeric($0) } ?? false
        return first && name.utf8.count <= nameLimit
            && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// A fresh id.
    public static func newID() -> String {
        [Random.uint64(), Random.uint64()].map { part in
            let digits = String(part, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    func withNames<R: ~Copyable>(_ body: (borrowing Directory) throws(RunnerError) -> R) throws(RunnerError) -> R {
        let names = try during("opening the state directory") { () throws(SystemError) in
            try Directory.open("\(paths.stateDirectory)/names", creating: 0o700)
        }
        let lock = try during("locking the containers' names") { () throws(SystemError) in
            try FileLock.acquire(".lock", in: names, mode: 0o600, milliseconds: 10_000)
        }
        defer { lock.keepHeld() }
        return try body(names)
    }

    /// Makes a container's directories and takes its name.
    ///
    /// Returns the lock that says that the container is being made: it is held before there is anything to see.
    func create(_ specification: ContainerSpecification) throws(RunnerError) -> FileLock {
        let state = paths.state(of: specification.id)
        let making = try beginMaking(specification.id)
        try during("making the container's directories") { () throws(SystemError) in
            try Files.makeDirectories(state + "/files", mode: 0o711)
        }
        try StateFile.write("\(state)/\(ContainerSpecification.fileName)", specification.json)
        do throws(RunnerError) {
            try takeName(specification)
        } catch {
            removeDirectories(of: specification.id)
            throw error
        }
        return making
    }

    /// Makes the directory of what lives of a container, with the lock that says that it is being made.
    ///
    /// Under the lock on names, so that nobody takes a directory without that lock for what a dead one left.
    func beginMaking(_ id: String) throws(RunnerError) -> FileLock {
        let run = paths.run(of: id)
        return try withNames { (_) throws(RunnerError) in
            try during("locking the container") { () throws(SystemError) in
                try Files.makeDirectories(run, mode: 0o700)
                let directory = try Directory.open(run)
                return try FileLock.acquire(Self.makingLock, in: directory, mode: 0o600, milliseconds: 1000)
            }
        }
    }

    /// Replaces what was asked for of a container that is there.
    func rewrite(_ specification: ContainerSpecification) throws(RunnerError) {
        try StateFile.write(
            "\(paths.state(of: specification.id))/\(ContainerSpecification.fileName)", specification.json)
    }

    /// Gives a container another name.
    func rename(_ specification: ContainerSpecification, to name: String) throws(RunnerError) {
        var renamed = specification
        renamed.name = name
        try takeName(renamed)
        do throws(RunnerError) {
            try rewrite(renamed)
        } catch {
            try giveUpName(name, of: renamed.id)
            throw error
        }
        try giveUpName(specification.name, of: renamed.id)
    }

    private func giveUpName(_ name: String, of id: String) throws(RunnerError) {
        try withNames { (names) throws(RunnerError) in
            guard try owner(of: name, in: names) == id else { return }
            try during("giving up the container's name") { () throws(SystemError) in _ = try names.remove(name) }
        }
    }

    private func takeName(_ specification: ContainerSpecification) throws(RunnerError) {
        try withNames { (names) throws(RunnerError) in
            if let owner = try owner(of: specification.name, in: names), owner != specification.id {
                throw RunnerError.nameTaken(specification.name, by: String(owner.prefix(12)))
            }
            try during("taking the container's name") { () throws(SystemError) in
                try names.replace(specification.name, Array(specification.id.utf8), mode: 0o600)
            }
        }
    }

    /// The id behind a name, when its container is still there.
    func owner(of name: String, in names: borrowing Directory) throws(RunnerError) -> String? {
        let content = try during("reading names") { () throws(SystemError) in try names.read(name, limit: 128) }
        guard let content else { return nil }
        let id = String(decoding: content, as: UTF8.self)
        return Files.exists(paths.state(of: id)) ? id : nil
    }

    /// All ids, in the order of their names on disk.
    public func ids() throws(RunnerError) -> [String] {
        let directory = "\(paths.stateDirectory)/containers"
        guard Files.exists(directory) else { return [] }
        return try during("listing containers") { () throws(SystemError) in try Files.list(directory) }
    }

    /// All containers, the newest first.
    ///
    /// One whose files cannot be read is left to `find`, which says why.
    public func all() throws(RunnerError) -> [Container] {
        try ids().compactMap { try? load($0) }.sorted { $0.specification.createdAt > $1.specification.createdAt }
    }

    /// The container of this name, this id, or the one whose id begins so.
    public func find(_ key: String) throws(RunnerError) -> Container {
        guard let container = try load(try id(of: key)) else { throw try unknown(key) }
        return container
    }

    /// The id behind a name, an id or the beginning of one.
    public func id(of key: String) throws(RunnerError) -> String {
        if Self.isName(key) {
            let named = try withNames { (names) throws(RunnerError) in try owner(of: key, in: names) }
            if let named { return named }
        }
        let matches = try ids().filter { !key.isEmpty && $0.hasPrefix(key) }
        if matches.count > 1 { throw .ambiguous(key) }
        guard let only = matches.first else { throw try unknown(key) }
        return only
    }

    private func unknown(_ key: String) throws(RunnerError) -> RunnerError {
        let names = try withNames { (names) throws(RunnerError) in
            try during("listing names") { () throws(SystemError) in try names.names(limit: 100_000) }
        }
        let similar = names.filter { !$0.hasPrefix(".") && Similarity.isClose($0, key) }.sorted().prefix(3)
        return .noSuchContainer(key, similar: Array(similar))
    }

    /// What the files and the kernel say about a container now; nil when it is gone.
    func load(_ id: String) throws(RunnerError) -> Container? {
        let path = "\(paths.state(of: id))/\(ContainerSpecification.fileName)"
        guard let json = try StateFile.read(path) else {
            return Files.exists(paths.state(of: id)) ? try unfinished(id) : nil
        }
        return Container(
            specification: try ContainerSpecification(json, path: path), state: try state(of: id),
            attachments: try NetworkRecord.read(paths.state(of: id)))
    }

    /// A container whose making was killed before its configuration was written.
    private func unfinished(_ id: String) throws(RunnerError) -> Container {
        Container(
            specification: ContainerSpecification(id: id, name: String(id.prefix(12)), command: [], createdAt: 0),
            state: .dead, attachments: [])
    }

    private func state(of id: String) throws(RunnerError) -> Container.State {
        let exitPath = "\(paths.state(of: id))/\(ExitRecord.fileName)"
        if let json = try StateFile.read(exitPath) {
            return .exited(try record(exitPath) { () throws(RecordError) in try ExitRecord(json) })
        }
        let livePath = "\(paths.run(of: id))/\(LiveRecord.fileName)"
        guard let json = try StateFile.read(livePath) else {
            if Files.exists("\(paths.state(of: id))/\(Self.createdMark)") { return .created }
            // Without a live runner or shim nobody will finish it; their lock says whether there is one.
            return isBeingMade(id) ? .created : .dead
        }
        let live = try record(livePath) { () throws(RecordError) in try LiveRecord(json) }
        let shimLives = try during("looking for the shim") { () throws(SystemError) in
            try ProcessHandle.startTime(of: live.shim.identifier) == live.shim.startTime
        }
        guard shimLives else { return .dead }
        switch live.phase {
        case .created: return .created
        case .restarting: return .restarting(live)
        case .running: return isFrozen(id) ? .paused(live) : .running(live)
        }
    }

    /// The file that says that a container was made and not started yet.
    static let createdMark = "created"

    private func isFrozen(_ id: String) -> Bool {
        (try? ContainerGroups.observe(paths).isPaused(id)) ?? false
    }

    /// The record of a container's processes, whatever they are doing; nil when there are none.
    func record(of id: String) throws(RunnerError) -> LiveRecord? {
        let path = "\(paths.run(of: id))/\(LiveRecord.fileName)"
        guard let json = try StateFile.read(path) else { return nil }
        return try record(path) { () throws(RecordError) in try LiveRecord(json) }
    }

    /// The shim that was recorded for a container, whether or not the command has ended; nil once all is released.
    func shim(of id: String) throws(RunnerError) -> LiveRecord.Process? {
        try record(of: id)?.shim
    }

    private func record<R>(_ path: String, _ body: () throws(RecordError) -> R) throws(RunnerError) -> R {
        do throws(RecordError) {
            return try body()
        } catch {
            throw .record(path: path, reason: error.description)
        }
    }

    /// How a container was last started.
    func plan(of id: String) throws(RunnerError) -> LaunchPlan {
        let path = "\(paths.state(of: id))/\(Shim.planFileName)"
        guard let json = try StateFile.read(path) else { throw .record(path: path, reason: "it is missing") }
        return try record(path) { () throws(RecordError) in try LaunchPlan(json) }
    }

    /// Whether the runner that makes a container is still at it.
    func isBeingMade(_ id: String) -> Bool {
        guard let directory = try? Directory.open(paths.run(of: id)) else { return false }
        guard (try? directory.status(of: Self.makingLock)) ?? nil != nil else { return false }
        return (try? FileLock.acquire(Self.makingLock, in: directory, mode: 0o600, milliseconds: 0)) == nil
    }

    static let makingLock = "making.lock"

    /// Gives up the name and removes what is on disk.
    func remove(_ id: String, name: String) throws(RunnerError) {
        try giveUpName(name, of: id)
        // Held meanwhile, here or by who began to make it: nobody takes what is half removed for what a dead one left.
        let making = lockMaking(id)
        try during("removing the container's directories") { () throws(SystemError) in
            try Files.remove("\(paths.run(of: id))/\(LiveRecord.fileName)")
            try Files.removeTree(paths.state(of: id))
            try Files.removeTree(paths.run(of: id))
        }
        switch making {
        case .some(let lock): lock.keepHeld()
        case .none: break
        }
    }

    /// The lock of a container's making; nil when somebody has it, or nothing of it lives.
    func lockMaking(_ id: String) -> FileLock? {
        guard let directory = try? Directory.open(paths.run(of: id)) else { return nil }
        return try? FileLock.acquire(Self.makingLock, in: directory, mode: 0o600, milliseconds: 0)
    }

    private func removeDirectories(of id: String) {
        try? Files.removeTree(paths.run(of: id))
        try? Files.removeTree(paths.state(of: id))
    }
}
