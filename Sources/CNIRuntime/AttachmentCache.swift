internal import CNI
internal import JSON
internal import LinuxSystem

/// The files that keep attachments between ADD and DEL: `<directory>/results/<network>-<container>-<interface>`.
struct AttachmentCache: Sendable {
    let directory: String

    private static let sizeLimit = 4 << 20
    private static let fileLimit = 1_000_000
    /// NAME_MAX.
    private static let nameLimit = 255

    init(_ directory: String) {
        self.directory = "\(directory)/results"
    }

    /// The file name of an attachment; code 7 when the three names together are too long for one.
    static func name(network: String, _ target: AttachmentTarget) throws(CNIError) -> String {
        let name = "\(network)-\(target.containerID)-\(target.ifname)"
        guard name.utf8.count <= nameLimit else {
            throw .invalidConfiguration("the names of network, container and interface are too long together: \(name)")
        }
        return name
    }

    func read(network: String, _ target: AttachmentTarget) throws(CNIError) -> CachedAttachment? {
        try read(Self.name(network: network, target))
    }

    func store(_ attachment: CachedAttachment) throws(CNIError) {
        let name = try Self.name(network: attachment.network, attachment.target)
        try reporting("cannot keep the attachment") { () throws(SystemError) in
            try Files.makeDirectories(directory, mode: 0o700)
            try Files.replace("\(directory)/\(name)", attachment.document.encoded(), mode: 0o600)
        }
    }

    func remove(network: String, _ target: AttachmentTarget) throws(CNIError) {
        let name = try Self.name(network: network, target)
        _ = try reporting("cannot forget the attachment") { () throws(SystemError) in
            try Files.remove("\(directory)/\(name)")
        }
    }

    /// All attachments in the order of their file names, and the files that could not be read.
    func all() throws(CNIError) -> (attachments: [CachedAttachment], faults: [RuntimeError]) {
        let names = try reporting("cannot list kept attachments") { () throws(SystemError) -> [String] in
            guard try Files.status(directory) != nil else { return [] }
            return try Files.list(directory, limit: Self.fileLimit)
        }
        var attachments: [CachedAttachment] = []
        var faults: [RuntimeError] = []
        for name in names {
            do throws(CNIError) {
                if let attachment = try read(name) { attachments.append(attachment) }
            } catch {
                faults.append(RuntimeError("\(directory)/\(name)", error))
            }
        }
        return (attachments, faults)
    }

    private func read(_ name: String) throws(CNIError) -> CachedAttachment? {
        let bytes = try reporting("cannot read a kept attachment") { () throws(SystemError) in
            try Files.readIfPresent("\(directory)/\(name)", limit: Self.sizeLimit)
        }
        guard let bytes else { return nil }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(bytes)
        } catch {
            throw .decoding("a kept attachment is not JSON", details: error.description)
        }
        return try CachedAttachment(document)
    }
}
