internal import JSON
internal import LinuxSystem

/// The directory of `--root`: one directory for each container, which only root can enter.
///
/// `state.json` is replaced as a whole, so that a reader sees the old or the new; `config.json` is the bundle's as it was
/// when the container was created; `start` is the socket on which a created container waits.
public struct StateStore: Sendable {
    /// The directory.
    public let path: String

    /// The directory of `--root`.
    public init(_ path: String) { self.path = path }

    /// Bytes of a state or a configuration; a bundle's largest part, a system call filter, takes a tenth of it.
    static let fileLimit = 4 << 20

    /// The directory of a container.
    public func directory(_ id: String) -> String { "\(path)/\(id)" }

    /// A file of a container.
    public func file(_ id: String, _ name: String) -> String { "\(path)/\(id)/\(name)" }

    /// Refuses a name that is no safe file name.
    public static func check(_ id: String) throws(OCIError) {
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, !id.isEmpty, id != ".", id != "..", id.utf8.count <= 255 else {
            throw .usage("invalid container ID format: \(JSONValue.string(id).excerpt())")
        }
    }

    /// Makes a container's directory; refused when the name is taken.
    func makeDirectory(_ id: String) throws(OCIError) {
        let isNew = try attempting("make the state directory") { () throws(SystemError) in
            try Files.makeDirectories(path, mode: 0o700)
            return try Files.makeDirectory(directory(id), mode: 0o700)
        }
        guard isNew else { throw .refused("container with given ID already exists: \(id)") }
    }

    /// Waits for other commands on this container; nil when there is no such container.
    func lock(_ id: String) throws(OCIError) -> FileLock? {
        do throws(SystemError) {
            let directory = try Directory.open(directory(id))
            return try FileLock.acquire("lock", in: directory, mode: 0o600, milliseconds: 60_000)
        } catch {
            if error.errno == .noEntry { return nil }
            throw .failed(action: "wait for another command on \(id)", error)
        }
    }

    /// A container's record; nil when there is none.
    public func record(_ id: String) throws(OCIError) -> ContainerRecord? {
        try Self.check(id)
        let name = file(id, "state.json")
        let bytes = try attempting("") { () throws(SystemError) in
            try Files.readIfPresent(name, limit: Self.fileLimit)
        }
        guard let bytes else { return nil }
        return try ContainerRecord.decode(bytes, file: name)
    }

    /// A container's record; refused when there is none.
    func existing(_ id: String) throws(OCIError) -> ContainerRecord {
        guard let record = try record(id) else { throw .refused("container \"\(id)\" does not exist") }
        return record
    }

    /// Writes a container's record.
    func write(_ record: ContainerRecord) throws(OCIError) {
        try attempting("write the container's state") { () throws(SystemError) in
            try Files.replace(file(record.id, "state.json"), record.json.encoded(), mode: 0o600)
        }
    }

    /// The configuration that a container was created with.
    func specification(_ id: String) throws(OCIError) -> RuntimeSpecification {
        let bytes = try attempting("") { () throws(SystemError) in
            try Files.read(file(id, "config.json"), limit: Self.fileLimit)
        }
        return try RuntimeSpecification.decode(bytes)
    }

    /// The names of all containers.
    public func names() throws(OCIError) -> [String] {
        try attempting("") { () throws(SystemError) in
            guard Files.exists(path) else { return [] }
            return try Files.list(path)
        }
    }

    /// Removes everything that is kept of a container.
    func remove(_ id: String) throws(OCIError) {
        try attempting("remove the container's state") { () throws(SystemError) in
            try Files.removeTree(directory(id))
        }
    }
}
