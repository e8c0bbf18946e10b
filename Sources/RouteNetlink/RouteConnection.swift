public import Addressing
internal import CLinuxABI
public import LinuxSystem
public import Netlink

/// An rtnetlink connection to the kernel.
public typealias RouteSocket = RouteConnection<KernelTransport>

/// Links, addresses and routes of one network namespace: rtnetlink(7).
public struct RouteConnection<Transport: NetlinkTransport & ~Copyable>: ~Copyable {
    var netlink: NetlinkConnection<Transport>

    /// Speaks over the transport.
    public init(_ transport: consuming Transport) { netlink = NetlinkConnection(transport) }

    /// The answers to a batch.
    public struct Outcome: Sendable {
        /// By request: what it was refused with, or nil.
        public let errors: [SystemError?]
        /// By request: the interface that the kernel made, for those that make one.
        public let links: [Link?]

        /// Throws the first refusal that is not in `tolerated`, by the request's index.
        public func check(tolerating tolerated: [(request: Int, errno: Errno)] = []) throws(SystemError) {
            for (index, error) in errors.enumerated() {
                guard let error else { continue }
                var expected = false
                for entry in tolerated where entry.request == index && entry.errno == error.errno { expected = true }
                if !expected { throw error }
            }
        }
    }

    /// Sends all requests in one datagram.
    ///
    /// The kernel goes on after a refused one.
    public mutating func perform(_ batch: borrowing RouteBatch) throws(SystemError) -> Outcome {
        var links = [Link?](repeating: nil, count: batch.count)
        let errors = try netlink.perform(batch.netlink) { (index, message) throws(SystemError) in
            if let link = Link(message) { links[index] = link }
        }
        return Outcome(errors: errors, links: links)
    }

    /// The interface of a name; nil when there is none.
    public mutating func link(named name: LinkName) throws(SystemError) -> Link? {
        try getLink(name.text) { $0.put(UInt16(IFLA_IFNAME), string: name.text) }
    }

    /// The interface of a number; nil when there is none.
    public mutating func link(_ index: LinkIndex) throws(SystemError) -> Link? {
        var header = ifinfomsg()
        header.ifi_index = index.rawValue
        return try getLink(index.description, header) { _ in }
    }

    private mutating func getLink(
        _ subject: String, _ header: ifinfomsg = ifinfomsg(), _ body: (inout NetlinkBatch) -> Void
    ) throws(SystemError) -> Link? {
        var batch = NetlinkBatch()
        batch.request(UInt16(RTM_GETLINK), flags: 0, header: header, body)
        var found: Link?
        do throws(SystemError) {
            try netlink.performOne(batch) { (message) throws(SystemError) in found = Link(message) ?? found }
        } catch {
            if error.errno == .noDevice { return nil }
            throw error.about(subject)
        }
        return found
    }

    /// Every interface.
    public mutating func links() throws(SystemError) -> [Link] {
        var batch = NetlinkBatch()
        batch.request(UInt16(RTM_GETLINK), flags: UInt16(NLM_F_DUMP), acknowledged: false, header: ifinfomsg())
        return try netlink.dump(batch) { (message) throws(SystemError) in Link(message) }
    }

    /// The addresses of an interface, or all.
    public mutating func addresses(of link: LinkIndex? = nil) throws(SystemError) -> [InterfaceAddress] {
        var batch = NetlinkBatch()
        var header = ifaddrmsg()
        header.ifa_index = UInt32(bitPattern: link?.rawValue ?? 0)
        batch.request(UInt16(RTM_GETADDR), flags: UInt16(NLM_F_DUMP), acknowledged: false, header: header)
        return try netlink.dump(batch) { (message) throws(SystemError) in
            guard let address = InterfaceAddress(message), link == nil || address.link == link else { return nil }
            return address
        }
    }

    /// The routes of a family, in every table but `local`.
    ///
    /// With `link`, those that leave by it.
    public mutating func routes(_ family: IPFamily, through link: LinkIndex? = nil) throws(SystemError) -> [Route] {
        var batch = NetlinkBatch()
        var header = rtmsg()
        header.rtm_family = familyNumber(family)
        batch.request(UInt16(RTM_GETROUTE), flags: UInt16(NLM_F_DUMP), acknowledged: false, header: header) { message in
            if let link { message.put(UInt16(RTA_OIF.rawValue), UInt32(bitPattern: link.rawValue)) }
        }
        return try netlink.dump(batch) { (message) throws(SystemError) in
            guard let header = message.header(as: rtmsg.self), header.rtm_flags & UInt32(RTM_F_CLONED) == 0,
                let route = Route(message), route.tableNumber != UInt32(RT_TABLE_LOCAL.rawValue)
            else { return nil }
            return route
        }
    }

    /// Whether the host forwards packets of a family between its interfaces: net.ipv4.ip_forward, or
    /// net.ipv6.conf.all.forwarding; nil when the kernel does not know the family.
    public mutating func forwards(_ family: IPFamily) throws(SystemError) -> Bool? {
        var batch = NetlinkBatch()
        batch.request(UInt16(RTM_GETNETCONF), flags: 0, header: netconfmsg(ncm_family: familyNumber(family))) {
            message in
            message.put(UInt16(NETCONFA_IFINDEX), UInt32(bitPattern: NETCONFA_IFINDEX_ALL))
        }
        var answer: UInt32?
        do throws(SystemError) {
            try netlink.performOne(batch) { (message) throws(SystemError) in
                answer = netconfAttributes(message).first(UInt16(NETCONFA_FORWARDING))?.integer() ?? answer
            }
        } catch {
            if error.errno == .notSupported { return nil }
            throw error
        }
        return answer.map { $0 != 0 }
    }

    /// Makes an interface and answers it.
    public mutating func add(_ link: NewLink) throws(SystemError) -> Link {
        var batch = RouteBatch()
        batch.add(link)
        let outcome = try perform(batch)
        if let error = outcome.errors[0] { throw error.about(link.name.text) }
        if let made = outcome.links[0] { return made }
        guard let found = try self.link(named: link.name) else {
            throw SystemError("RTM_NEWLINK", link.name.text, .noDevice, explanation: "it vanished at once")
        }
        return found
    }

    /// Changes an interface, its bridge-port settings included.
    public mutating func set(_ link: LinkIndex, _ change: LinkChange) throws(SystemError) {
        var batch = RouteBatch()
        batch.set(link, change)
        if change.hairpin != nil || change.isolated != nil { batch.setBridgePort(link, change) }
        try perform(batch).check()
    }

    /// Removes an interface and waits for the kernel; false when it was not there.
    @discardableResult
    public mutating func delete(_ link: LinkIndex) throws(SystemError) -> Bool {
        var batch = RouteBatch()
        batch.delete(link)
        let outcome = try perform(batch)
        guard let error = outcome.errors[0] else { return true }
        if error.errno == .noDevice { return false }
        throw error
    }
}

extension RouteConnection where Transport == KernelTransport {
    /// Opens a socket in the calling thread's network namespace.
    public static func open(groups: UInt32 = 0) throws(SystemError) -> RouteSocket {
        RouteConnection(try KernelTransport(.route, groups: groups))
    }
}

/// The attributes of an RTM_NEWNETCONF or RTM_DELNETCONF, behind struct netconfmsg.
func netconfAttributes(_ message: MessageView) -> AttributeSequence {
    AttributeSequence(message.payload.dropFirst((MemoryLayout<netconfmsg>.size + 3) & ~3))
}
