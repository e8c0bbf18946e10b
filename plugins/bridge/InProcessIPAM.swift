import CNI

struct InProcessIPAM {
    let delegate: Delegate
    static func resolve(_ c: NetworkConfiguration, in context: PluginContext) throws(CNIError) -> InProcessIPAM {
        InProcessIPAM(delegate: try Delegate.find(try c.ipam()?.string("type") ?? "", key: "ipam.type", in: context))
    }
    func add(_ r: AttachmentRequest) throws(CNIError) -> CNIResult { try delegate.add(r) }
    func check(_ r: AttachmentRequest) throws(CNIError) { try delegate.check(r) }
    func delete(_ r: AttachmentRequest) throws(CNIError) { try delegate.delete(r) }
    func collectGarbage(_ r: NetworkRequest, keeping: [Attachment.ID]) throws(CNIError) {
        try delegate.collectGarbage(r)
    }
    func status(_ r: NetworkRequest) throws(CNIError) { try delegate.status(r) }
}
