public import JSON
internal import LinuxSystem

/// What is known of a container between two commands: its state.json.
public struct ContainerRecord: Hashable, Sendable {
    /// The container's name.
    public let id: String
    /// The bundle's directory.
    public let bundle: String
    /// The root directory on the host.
    public let root: String
    /// When it was created, as RFC 3339 writes it.
    public let created: String
    /// The version that its config.json follows.
    public let version: String
    /// What the caller noted.
    public let annotations: [Annotation]
    /// The first process; nil while it is being made.
    public var process: RecordedProcess?
    /// The path of its control groups.
    public var groupPath: String?
    /// The flags of its system call filter, whose program is in the file `filter`; nil when it has none.
    public var filterFlags: UInt32?

    /// A note of the caller.
    public struct Annotation: Hashable, Sendable {
        /// Its name.
        public let key: String
        /// Its value.
        public let value: String
    }

    /// A process that cannot be mistaken for a later one with the same number.
    public struct RecordedProcess: Hashable, Sendable {
        /// The number in the runtime's pid namespace.
        public let identifier: Int32
        /// When it started, in the kernel's ticks.
        public let startTime: Int64

        /// A process.
        public init(identifier: Int32, startTime: Int64) {
            self.identifier = identifier
            self.startTime = startTime
        }
    }

    /// A container that is about to be made.
    public init(
        id: String, bundle: String, root: String, created: String, version: String,
        annotations: [(key: String, value: String)]
    ) {
        (self.id, self.bundle, self.root, self.created, self.version) = (id, bundle, root, created, version)
        self.annotations = annotations.map { Annotation(key: $0.key, value: $0.value) }
    }

    /// The content of state.json.
    public var json: JSONValue {
        var object = JSONObject([
            ("ociVersion", .string(version)), ("id", .string(id)), ("bundle", .string(bundle)),
            ("rootfs", .string(root)), ("created", .string(created)),
            ("annotations", .object(JSONObject(annotations.map { ($0.key, .string($0.value)) }))),
        ])
        if let process {
            object["pid"] = .integer(Int64(process.identifier))
            object["startTime"] = .integer(process.startTime)
        }
        object["groupPath"] = groupPath.map { .string($0) }
        object["filterFlags"] = filterFlags.map { .integer(Int64($0)) }
        return .object(object)
    }

    /// Reads the content of a state.json.
    public static func decode(_ bytes: [UInt8], file: String) throws(OCIError) -> ContainerRecord {
        let reader = try SpecificationReader(RuntimeSpecification.parse(bytes, file: file), file: file)
        var record = ContainerRecord(
            id: try reader.needed("id"), bundle: try reader.needed("bundle"), root: try reader.needed("rootfs"),
            created: try reader.needed("created"), version: try reader.needed("ociVersion"),
            annotations: try reader.pairs("annotations"))
        if let identifier: Int32 = try reader.integer("pid"), let start: Int64 = try reader.integer("startTime") {
            record.process = RecordedProcess(identifier: identifier, startTime: start)
        }
        record.groupPath = try reader.string("groupPath")
        record.filterFlags = try reader.integer("filterFlags")
        return record
    }

    /// What `state` prints, and hooks read on their standard input.
    public func state(_ status: ContainerStatus) -> JSONValue {
        let isGone = status == .stopped || status == .creating
        var object = JSONObject([
            ("ociVersion", .string(version)), ("id", .string(id)),
            ("pid", .integer(Int64(status == .stopped ? 0 : process?.identifier ?? 0))),
            ("status", .string(status.rawValue)), ("bundle", .string(bundle)), ("rootfs", .string(root)),
            ("created", .string(created)),
        ])
        if isGone && process == nil { object.remove("pid") }
        if !annotations.isEmpty {
            object["annotations"] = .object(JSONObject(annotations.map { ($0.key, .string($0.value)) }))
        }
        object["owner"] = .string("")
        return .object(object)
    }
}

/// Where a container is in its life, in the words of the specification.
public enum ContainerStatus: String, Hashable, Sendable {
    case creating, created, running, paused, stopped
}
