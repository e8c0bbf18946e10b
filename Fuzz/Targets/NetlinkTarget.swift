import LinuxSystem
import Netlink

/// Reads the input as the kernel's answers to two acknowledged requests, to a dump, and as plain messages.
func fuzzNetlink(_ bytes: [UInt8]) {
    var batch = NetlinkBatch()
    for type in [UInt16(16), 20] {
        batch.request(type, flags: 0, header: UInt32(0))
    }
    var connection = NetlinkConnection(ReplayTransport(bytes))
    if let outcomes = try? connection.perform(batch, onMessage: { (_, message) throws(SystemError) in walk(message) }) {
        precondition(outcomes.count == 2, "one outcome a request")
        for outcome in outcomes { _ = outcome?.description }
    }

    var request = NetlinkBatch()
    request.request(18, flags: 0x300, header: UInt32(0))
    var dumping = NetlinkConnection(ReplayTransport(bytes))
    let elements = try? dumping.dump(request, limit: 100) { (message) throws(SystemError) -> Int? in
        walk(message)
        return message.payload.count
    }
    if let elements { precondition(elements.count <= 100, "a dump keeps its limit") }

    var monitor = NetlinkConnection(ReplayTransport(bytes))
    while (try? monitor.receiveMessages({ (message) throws(SystemError) in walk(message) })) != nil {}
}

/// Looks at everything a message offers.
private func walk(_ message: MessageView) {
    let _: UInt64? = message.header(as: UInt64.self)
    walk(message.attributes(after: 16), depth: 0)
    walk(AttributeSequence(message.payload), depth: 0)
}

private func walk(_ attributes: AttributeSequence, depth: Int) {
    for attribute in attributes {
        let _: UInt32? = attribute.integer()
        let _: UInt16? = attribute.bigEndian()
        precondition(attribute.string.utf8.count <= 3 * attribute.content.count, "a text longer than its bytes")
        precondition(attribute.bytes.count == attribute.content.count)
        if depth < 8 { walk(attribute.nested, depth: depth + 1) }
    }
}
