public import LinuxSystem

/// What a container wrote, read back.
public struct ContainerLog: Sendable {
    /// One line of the log, or a part of one.
    public struct Entry: Hashable, Sendable {
        /// When, as RFC 3339 writes it.
        public let time: String
        /// Whether it went to standard error.
        public let isError: Bool
        /// The bytes, with the line's end where it has one.
        public let bytes: [UInt8]
    }

    /// The file.
    public let path: String

    /// Reads one line of the file, its end cut off; nil when it is none.
    static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let partial = parts[2].elementsEqual("P".utf8)
        return Entry(
            time: String(decoding: parts[0], as: UTF8.self), isError: parts[1].elementsEqual("stderr".utf8),
            bytes: Array(parts[3]) + (partial ? [] : [UInt8(ascii: "\n")]))
    }

    /// Passes on each entry; with `following`, new ones too until `isOver` says that none will come.
    public func read(
        following: Bool, isOver: () -> Bool, _ body: (Entry) -> Bool
    ) throws(SystemError) {
        guard following else {
            guard Files.exists(path) else { return }
            var reading = try Reading.open(path)
            _ = try reading.pass(to: body)
            return
        }
        // The directory: the log's growth shows there, and so does the record of the container's end.
        let changes = try FileChanges.open(Files.split(path).parent)
        var reading: Reading?
        while true {
            // Asked before the last read: what was written before the end is read after it.
            let over = isOver()
            if reading == nil, Files.exists(path) { reading = try Reading.open(path) }
            guard try reading?.pass(to: body) ?? true, !over else { return }
            // A shim that is killed leaves no record: looked at now and then.
            try changes.wait(milliseconds: 1000)
        }
    }
}

/// A log that is being read.
private struct Reading: ~Copyable {
    private let file: OwnedDescriptor
    private var pending: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    static func open(_ path: String) throws(SystemError) -> Reading { Reading(file: try .reading(path)) }

    private init(file: consuming OwnedDescriptor) { self.file = file }

    /// Passes on what is there by now; false when `body` wants no more.
    mutating func pass(to body: (ContainerLog.Entry) -> Bool) throws(SystemError) -> Bool {
        while let count = try file.readSome(into: &buffer), count > 0 {
            pending.append(contentsOf: buffer[0..<count])
            var start = 0
            while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if let entry = ContainerLog.entry(pending[start..<end]), !body(entry) { return false }
                start = end + 1
            }
            pending.removeFirst(start)
        }
        return true
    }
}

extension ContainerRunner {
    /// What a container wrote.
    public func log(of key: String) throws(RunnerError) -> (log: ContainerLog, container: Container) {
        let container = try store.find(key)
        return (ContainerLog(path: "\(paths.state(of: container.specification.id))/output.log"), container)
    }

    /// Whether a container has ended by now.
    public func hasEnded(_ id: String) -> Bool {
        guard let container = try? store.load(id) else { return true }
        switch container.state {
        case .created, .running, .paused, .restarting: return false
        case .exited, .dead: return true
        }
    }

    /// All containers, the newest first.
    public func containers() throws(RunnerError) -> [Container] { try store.all() }

    /// The container of a name, an id or the beginning of one.
    public func container(_ key: String) throws(RunnerError) -> Container { try store.find(key) }
}
