import Addressing
import CNI
import JSON
import LinuxSystem
import PluginKit
import RouteNetlink

/// What an interface was before ADD, kept for DEL in the reference's format: `<dataDir>/<containerID>_<ifname>.json`.
struct TuningBackup {
    private let directory: String
    private let name: String
    private let key: AttachmentRecord.Key
    private let records: RecordStore
    private static let limit = 65536  // bytes

    init(_ attachment: Attachment, in directory: String, _ context: PluginContext) {
        self.directory = directory
        key = AttachmentRecord.Key(attachment, plugin: TuningPlugin.name)
        records = RecordStore(root: StateDirectories(context).attachments)
        name = "\(attachment.containerID)_\(attachment.ifname).json"
    }

    /// Writes the values that `change` is about to replace.
    func save(_ link: Link, before change: LinkChange) throws(CNIError) {
        var values = JSONObject([])
        if change.address != nil, let address = link.address { values["mac"] = .string(address.description) }
        if change.promiscuous != nil { values["promisc"] = .bool(link.flags.contains(.promiscuous)) }
        if change.mtu != nil { values["mtu"] = .integer(Int64(link.mtu)) }
        if change.allMulticast != nil { values["allmulti"] = .bool(link.flags.contains(.allMulticast)) }
        if change.transmitQueueLength != nil { values["txQLen"] = .integer(Int64(link.transmitQueueLength)) }
        let bytes = Array(JSONValue.object(values).text().utf8)
        try attemptFile("write the backup \(directory)/\(name)") { () throws(SystemError) in
            // The file's name does not tell the network; the record does, for GC.
            try records.write(AttachmentRecord(key, namespace: "", bootID: try Boot.id()))
            let folder = try Directory.open(directory, creating: 0o700)
            // A second ADD must not take the changed values for the old ones.
            _ = try folder.createExclusive(name, bytes, mode: 0o600)
        }
    }

    /// The change that brings the old values back; nil without a backup that can be read.
    func load() throws(CNIError) -> LinkChange? {
        let bytes = try attemptFile("read the backup \(directory)/\(name)") { () throws(SystemError) in
            try Files.readIfPresent("\(directory)/\(name)", limit: TuningBackup.limit)
        }
        guard let bytes else { return nil }
        let values: JSONObject
        do throws(JSONError) {
            guard let object = try JSONValue.parse(bytes).object else { return nil }
            values = object
        } catch {
            return nil
        }
        var change = LinkChange()
        change.address = values["mac"]?.string.flatMap { MACAddress($0) }
        change.promiscuous = values["promisc"]?.bool
        change.allMulticast = values["allmulti"]?.bool
        change.mtu = values["mtu"]?.integer.flatMap { $0 == 0 ? nil : UInt32(exactly: $0) }
        change.transmitQueueLength = values["txQLen"]?.integer.flatMap { UInt32(exactly: $0) }
        return change
    }

    func remove() throws(CNIError) {
        try attemptFile("remove the backup \(directory)/\(name)") { () throws(SystemError) in
            _ = try Files.remove("\(directory)/\(name)")
            _ = try records.remove(key)
        }
    }
}
