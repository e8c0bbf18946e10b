public import Addressing
internal import CLinuxABI
public import LinuxSystem
public import Netlink

/// A connection to conntrack in the kernel.
public typealias ConntrackSocket = ConntrackConnection<KernelTransport>

/// Makes the kernel forget flows it tracks.
///
/// A flow keeps the translation of its first packet for as long as packets follow: after a published port has changed
/// hands, UDP packets of an old flow would go on to where nobody listens.
public struct ConntrackConnection<Transport: NetlinkTransport & ~Copyable>: ~Copyable {
    private var connection: NetlinkConnection<Transport>
    /// Deletions sent together: their acknowledgements fit the socket's buffer.
    private static var deletionsPerBatch: Int { 64 }

    /// Speaks over `transport`: the kernel's, or a test's that plays the kernel.
    public init(_ transport: consuming Transport) {
        connection = NetlinkConnection(transport)
    }

    /// Deletes the flows of `family` that match at least one of `patterns`, and answers how many there were.
    ///
    /// The table is read once. Flows that come while it is read may be missed: they follow the rules as they are now.
    @discardableResult
    public mutating func delete(_ family: IPFamily, matching patterns: [FlowPattern]) throws(SystemError) -> Int {
        guard let first = patterns.first else { return 0 }
        let sameTransport = patterns.allSatisfy { $0.transport == first.transport }
        let flows = try flows(family, only: sameTransport ? first.transport : nil, matching: patterns)
        var deleted = 0
        var start = 0
        while start < flows.count {
            let end = min(start + Self.deletionsPerBatch, flows.count)
            deleted += try delete(flows[start..<end], family)
            start = end
        }
        return deleted
    }

    /// Reads the flows that match.
    ///
    /// Linux 5.8 and later leave out other transports; earlier ones do not know the filter and answer with everything.
    private mutating func flows(
        _ family: IPFamily, only transport: TransportProtocol?, matching patterns: [FlowPattern]
    ) throws(SystemError) -> [TrackedFlow] {
        var batch = NetlinkBatch()
        batch.request(
            conntrackType(IPCTNL_MSG_CT_GET), flags: UInt16(NLM_F_DUMP), acknowledged: false, header: header(family)
        ) { batch in
            guard let transport else { return }
            batch.nest(CTA_TUPLE_ORIG.attribute) { batch in
                batch.nest(CTA_TUPLE_PROTO.attribute) { $0.put(CTA_PROTO_NUM.attribute, transport.number) }
            }
            batch.nest(CTA_FILTER.attribute) { batch in
                batch.put(CTA_FILTER_ORIG_FLAGS.attribute, Self.transportIsGiven)
                batch.put(CTA_FILTER_REPLY_FLAGS.attribute, UInt32(0))
            }
        }
        do throws(SystemError) {
            return try connection.dump(batch) { (message) throws(SystemError) in
                guard let flow = TrackedFlow(message), patterns.contains(where: { $0.matches(flow) }) else {
                    return nil
                }
                return flow
            }
        } catch {
            guard transport != nil, error.errno == .invalidArgument || error.errno == .notSupported else {
                throw error.about("conntrack")
            }
        }
        return try flows(family, only: nil, matching: patterns)
    }

    private mutating func delete(
        _ flows: ArraySlice<TrackedFlow>, _ family: IPFamily
    ) throws(SystemError) -> Int {
        var batch = NetlinkBatch()
        for flow in flows {
            batch.request(conntrackType(IPCTNL_MSG_CT_DELETE), flags: 0, header: header(family)) { batch in
                batch.put(CTA_TUPLE_ORIG.attribute | UInt16(NLA_F_NESTED), bytes: flow.originalContent)
                if let zone = flow.zone { batch.put(CTA_ZONE.attribute, bigEndian: zone) }
                if let identifier = flow.identifier { batch.put(CTA_ID.attribute, bigEndian: identifier) }
            }
        }
        var deleted = 0
        for outcome in try connection.perform(batch) {
            guard let error = outcome else {
                deleted += 1
                continue
            }
            // It ended by itself in the meantime.
            if error.errno != .noEntry { throw error.about("conntrack") }
        }
        return deleted
    }

    private func header(_ family: IPFamily) -> nfgenmsg {
        nfgenmsg(nfgen_family: TableFamily(family).rawValue, version: UInt8(NFNETLINK_V0), res_id: 0)
    }

    /// `CTA_FILTER_F_CTA_PROTO_NUM` of net/netfilter/nf_internals.h, which no header for programs has.
    private static var transportIsGiven: UInt32 { 1 << 3 }
}

extension ConntrackConnection where Transport == KernelTransport {
    /// Opens a socket in the calling thread's network namespace.
    public static func open() throws(SystemError) -> ConntrackSocket {
        ConntrackConnection(try KernelTransport(.netfilter))
    }
}
