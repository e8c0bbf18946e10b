internal import CNIRuntime
internal import ContainerShim
public import JSON
public import LinuxSystem

/// Who lives in which namespace of this host, as /proc shows it at one moment.
public struct NamespaceMap: Sendable {
    /// One namespace.
    public struct Entry: Hashable, Sendable {
        /// Its kind.
        public let kind: NamespaceKind
        /// Its number.
        public let number: UInt64
        /// How many processes live in it.
        public internal(set) var processes = 0
        /// The one with the lowest number; nil when only a file holds the namespace.
        public internal(set) var first: Int32?
        /// What that one runs.
        public internal(set) var command = ""
        /// Our container whose first process lives in it, by name.
        public internal(set) var containers: [String] = []
        /// Of a network namespace: the attachments that are kept of it, as "network/interface".
        public internal(set) var attachments: [String] = []
        /// The files that hold it: /run/netns/NAME and the like.
        public internal(set) var paths: [String] = []
        /// Whether this process lives in it.
        public internal(set) var isOurs = false

        /// The namespace as `ns ls --json` shows it.
        public var json: JSONValue {
            func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
            return .object(
                JSONObject([
                    ("type", .string(kind.rawValue)), ("inode", .integer(Int64(clamping: number))),
                    ("processes", .integer(Int64(processes))),
                    ("pid", first.map { .integer(Int64($0)) } ?? .null), ("command", .string(command)),
                    ("containers", texts(containers)), ("attachments", texts(attachments)), ("paths", texts(paths)),
                    ("host", .bool(isOurs)),
                ]))
        }
    }

    /// All namespaces, by kind, and those of a kind by their first process.
    public private(set) var entries: [Entry] = []

    private struct Key: Hashable {
        let kind: NamespaceKind
        let number: UInt64
    }

    /// Looks around.
    public init(_ paths: RunnerPaths) throws(RunnerError) {
        var found: [Key: Entry] = [:]
        try Self.addProcesses(&found)
        try Self.addFiles(&found)
        Self.addContainers(&found, try ContainerStore(paths).all())
        Self.addAttachments(&found, try NetworkTool(paths).attachments(of: nil))
        let order = Dictionary(
            uniqueKeysWithValues: NamespaceKind.allCases.enumerated().map { ($0.element, $0.offset) })
        entries = found.values.sorted { left, right in
            let (a, b) = (order[left.kind] ?? 0, order[right.kind] ?? 0)
            if a != b { return a < b }
            return (left.first ?? .max, left.number) < (right.first ?? .max, right.number)
        }
    }

    private static func addProcesses(_ found: inout [Key: Entry]) throws(RunnerError) {
        let processes = try during("listing processes") { () throws(SystemError) in try Files.list("/proc") }
            .compactMap { Int32($0) }.sorted()
        for process in processes {
            for kind in NamespaceKind.allCases {
                // One that ends while we look, or that we may not look at, is passed over.
                guard let number = (try? kind.number(of: process)) ?? nil else { continue }
                let key = Key(kind: kind, number: number)
                var entry = found[key] ?? Entry(kind: kind, number: number)
                entry.processes += 1
                if entry.first == nil {
                    entry.first = process
                    entry.command = command(of: process)
                }
                found[key] = entry
            }
        }
        for kind in NamespaceKind.allCases {
            guard let number = (try? kind.number()) ?? nil else { continue }
            found[Key(kind: kind, number: number)]?.isOurs = true
        }
    }

    /// Its command line; of a kernel thread its name in brackets.
    static func command(of process: Int32) -> String {
        let line = (try? Files.read("/proc/\(process)/cmdline", limit: 1 << 20)) ?? []
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        if !words.isEmpty { return words.joined(separator: " ") }
        let name = (try? Files.read("/proc/\(process)/comm", limit: 256)) ?? []
        return "[" + String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) + "]"
    }

    /// Mounts of the file system that namespaces are files of.
    private static func addFiles(_ found: inout [Key: Entry]) throws(RunnerError) {
        for mount in try MountTable.read() where mount.type == "nsfs" {
            guard let file = try? NamespaceFile.open(mount.target) else { continue }
            let key = Key(kind: file.kind, number: file.number)
            var entry = found[key] ?? Entry(kind: file.kind, number: file.number)
            if !entry.paths.contains(mount.target) { entry.paths.append(mount.target) }
            found[key] = entry
        }
    }

    private static func addContainers(_ found: inout [Key: Entry], _ containers: [Container]) {
        for container in containers {
            guard let live = container.live,
                (try? ProcessHandle.startTime(of: live.first.identifier)) == live.first.startTime
            else { continue }
            for kind in NamespaceKind.allCases {
                guard let number = (try? kind.number(of: live.first.identifier)) ?? nil else { continue }
                found[Key(kind: kind, number: number)]?.containers.append(container.specification.name)
            }
        }
    }

    private static func addAttachments(_ found: inout [Key: Entry], _ attachments: [CachedAttachment]) {
        for attachment in attachments {
            guard let file = try? NamespaceFile.open(attachment.target.netns), file.kind == .network else { continue }
            let key = Key(kind: .network, number: file.number)
            found[key]?.attachments.append("\(attachment.network)/\(attachment.target.ifname)")
        }
    }
}
