internal import ContainerShim
internal import JSON
public import LinuxSystem

/// What a container wrote, read back from files that its shim may be putting aside meanwhile.
public struct ContainerLog: Sendable {
    /// One line of the log, or a part of one.
    public struct Entry: Hashable, Sendable {
        /// When, as RFC 3339 writes it; empty where only bytes are kept.
        public let time: String
        /// Whether it went to standard error.
        public let isError: Bool
        /// Whether it is the beginning of a line.
        public internal(set) var beginsLine = true
        /// The bytes, with the line's end where it has one.
        public let bytes: [UInt8]
    }

    /// Which entries are of interest.
    public struct Selection: Hashable, Sendable {
        /// Only the last so many lines; nil for all.
        public var tail: Int?
        /// Nothing earlier.
        public var since: LogTime?
        /// Nothing later.
        public var until: LogTime?

        /// All of them.
        public init() {}
    }

    let directory: String
    let format: LogFormat

    /// Passes on each entry; with `following`, new ones too until `isOver` says that none will come.
    public func read(
        _ selection: Selection = Selection(), following: Bool, isOver: () -> Bool, _ body: (Entry) -> Bool
    ) throws(SystemError) {
        let files = LogFiles(directory: directory)
        var filter = try Filter(selection, skipping: lineCount(files, selection.tail))
        let pass = { (entry: Entry) in filter.pass(entry, to: body) }
        guard following else {
            _ = try files.read(format, from: nil, pass)
            return
        }
        // The directory: the log's growth shows there, and so does the record of the container's end.
        let changes = try FileChanges.open(directory)
        var place: LogFiles.Reading?
        while true {
            // Asked before the last read: what was written before the end is read after it.
            let over = isOver()
            place = try files.read(format, from: place.take(), pass)
            if place?.isEnough == true || over { return }
            // A shim that is killed leaves no record: looked at now and then.
            try changes.wait(milliseconds: 1000)
        }
    }

    /// How many lines come before the last `tail`.
    private func lineCount(_ files: LogFiles, _ tail: Int?) throws(SystemError) -> Int {
        guard let tail else { return 0 }
        return max(0, try files.countLines(format) - tail)
    }

    /// Leaves out what a selection does not name.
    private struct Filter {
        private var skipping: Int
        private let since: String
        private let until: String?
        private var isInside = (output: false, error: false)

        init(_ selection: Selection, skipping: Int) {
            self.skipping = skipping
            since = selection.since.map { Timestamp(nanoseconds: $0.nanoseconds).description } ?? ""
            until = selection.until.map { Timestamp(nanoseconds: $0.nanoseconds).description }
        }

        mutating func pass(_ entry: Entry, to body: (Entry) -> Bool) -> Bool {
            var entry = entry
            entry.beginsLine = entry.isError ? !isInside.error : !isInside.output
            let isPart = entry.bytes.last != UInt8(ascii: "\n")
            if entry.isError { isInside.error = isPart } else { isInside.output = isPart }
            if skipping > 0 {
                if !isPart { skipping -= 1 }
                return true
            }
            // Times are written in one length, so that their order is that of their bytes.
            if let until, entry.time > until { return false }
            return entry.time < since || body(entry)
        }
    }
}

/// How the lines of a log's files are read.
enum LogFormat: Hashable, Sendable {
    case lines, json, raw

    /// Reads one line of a file, its end cut off; nil when it is none.
    func entry(_ line: ArraySlice<UInt8>) -> ContainerLog.Entry? {
        switch self {
        case .lines:
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4 else { return nil }
            let partial = parts[2].elementsEqual("P".utf8)
            return ContainerLog.Entry(
                time: String(decoding: parts[0], as: UTF8.self), isError: parts[1].elementsEqual("stderr".utf8),
                bytes: Array(parts[3]) + (partial ? [] : [UInt8(ascii: "\n")]))
        case .json:
            guard let object = (try? JSONValue.parse(Array(line)))?.object, let text = object["log"]?.string,
                let time = object["time"]?.string
            else { return nil }
            return ContainerLog.Entry(
                time: time, isError: object["stream"]?.string == "stderr", bytes: Array(text.utf8))
        case .raw: return ContainerLog.Entry(time: "", isError: false, bytes: Array(line) + [UInt8(ascii: "\n")])
        }
    }

    /// Whether a line of a file ends a line of the container's: cheaper than reading it.
    func endsLine(_ line: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .raw: return true
        case .json: return line.firstRange(of: Array("\\n\",\"stream\":".utf8)) != nil
        case .lines:
            // "2026-11-21T09:30:00.123456789Z stdout F ": both streams' names are of one length.
            let flag = line.startIndex + 38
            return flag >= line.endIndex || line[flag] != UInt8(ascii: "P")
        }
    }
}

extension ContainerRunner {
    /// What a container wrote.
    public func log(of key: String, _ selection: ContainerLog.Selection, withTimes: Bool) throws(RunnerError) -> (
        log: ContainerLog, container: Container
    ) {
        let container = try store.find(key)
        let specification = container.specification
        let format: LogFormat
        switch specification.life.log.driver {
        case .lines: format = .lines
        case .json: format = .json
        case .raw: format = .raw
        case .none: throw .container(specification.name, "its output is not kept: it runs with --log-driver none")
        }
        if format == .raw, withTimes || selection.since != nil || selection.until != nil {
            throw .container(
                specification.name,
                "its log has no times, because it runs with --log-driver raw: leave out --since, --until and --timestamps"
            )
        }
        return (ContainerLog(directory: paths.state(of: specification.id), format: format), container)
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
