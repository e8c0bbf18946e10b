internal import JSON
public import LinuxSystem

/// The attachment records of a host: one small file per attachment and plugin.
///
/// Nothing is synced to disk, since no reboot leaves what the records describe; a record is complete or absent.
public struct RecordStore: Sendable {
    /// The directory that holds one directory per network.
    public let root: String
    /// Bytes; a record with 4,096 port elements stays below.
    private static let sizeLimit = 1 << 20

    /// The records below a directory, which need not exist yet.
    public init(root: String) { self.root = root }

    /// The file's name: what tells attachments apart has no length limit, a file's name has.
    @inline(never)
    static func fileName(_ key: AttachmentRecord.Key) -> String {
        "\(Digest.sha256Hex("\(key.containerID)/\(key.interface)", digits: 32)).\(key.plugin)"
    }

    @inline(never)
    private func directory(_ network: String) -> String { "\(root)/\(network)" }

    /// Writes a record, in place of an older one of the same key.
    @inline(never)
    public func write(_ record: AttachmentRecord) throws(SystemError) {
        let bytes = Array(record.json.text().utf8)
        let name = RecordStore.fileName(record.key)
        let directory = try Directory.open(directory(record.key.network), creating: 0o700)
        if try directory.createExclusive(name, bytes, mode: 0o600) { return }
        try directory.replace(name, bytes, mode: 0o600)
    }

    /// The record of a key; nil when there is none that can be read as one.
    @inline(never)
    public func read(_ key: AttachmentRecord.Key) throws(SystemError) -> AttachmentRecord? {
        guard let directory = try open(key.network) else { return nil }
        guard let record = try RecordStore.decode(directory, RecordStore.fileName(key)), record.key == key else {
            return nil
        }
        return record
    }

    /// Removes the record of a key; false when there was none.
    @discardableResult
    @inline(never)
    public func remove(_ key: AttachmentRecord.Key) throws(SystemError) -> Bool {
        guard let directory = try open(key.network) else { return false }
        return try directory.remove(RecordStore.fileName(key))
    }

    /// The records of a network that a plugin wrote.
    ///
    /// Files that are no records are passed over.
    @inline(never)
    public func records(network: String, plugin: String) throws(SystemError) -> [AttachmentRecord] {
        guard let directory = try open(network) else { return [] }
        var found: [AttachmentRecord] = []
        for name in try directory.names(limit: 1_000_000) where hasSuffix(name, ".\(plugin)") {
            if let record = try RecordStore.decode(directory, name), record.key.network == network {
                found.append(record)
            }
        }
        return found
    }

    /// The networks that have records.
    @inline(never)
    public func networks() throws(SystemError) -> [String] {
        guard Files.exists(root) else { return [] }
        return try Files.list(root)
    }

    @inline(never)
    private func open(_ network: String) throws(SystemError) -> Directory? {
        do throws(SystemError) {
            return try Directory.open(directory(network))
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
    }

    @inline(never)
    private static func decode(_ directory: borrowing Directory, _ name: String) throws(SystemError)
        -> AttachmentRecord?
    {
        guard let bytes = try directory.read(name, limit: sizeLimit) else { return nil }
        do throws(JSONError) {
            return AttachmentRecord(try JSONValue.parse(bytes))
        } catch {
            return nil
        }
    }
}
