internal import Addressing
public import CNI
internal import IPAM
internal import LinuxSystem

/// The verbs of host-local: addresses from ranges, kept in files on this host.
public struct HostLocalIPAM: Sendable {
    private let configuration: HostLocalConfiguration
    private let store: HostLocalStore

    /// host-local as configured, with its index where `context` says that this host keeps state.
    public init(_ configuration: HostLocalConfiguration, _ context: PluginContext) {
        self.configuration = configuration
        store = HostLocalStore(
            dataDirectory: configuration.dataDirectory, network: configuration.network,
            indexDirectory: StateDirectories(context).ipam)
    }

    /// Reserves one address of each range set.
    public func add(_ request: AttachmentRequest) throws(CNIError) -> CNIResult {
        try request.arguments.refuseUnknown()
        let requested = try requestedByArguments(request.arguments) + configuration.requested
        let dns = try resolver()
        guard let pool = configuration.pool else { throw .invalidConfiguration("\"ipam\": no IP ranges specified") }
        let reservations = try running { () throws(IPAMError) in
            try store.allocate(owner(request.attachment.id), from: pool, requested: requested)
        }
        return CNIResult(
            addresses: reservations.map { CNIResult.Address($0.address, gateway: $0.gateway) },
            routes: configuration.routes, dns: dns)
    }

    /// Verifies that the attachment holds an address, and each of its result's that is in the ranges.
    public func check(_ request: AttachmentRequest) throws(CNIError) {
        let owner = owner(request.attachment.id)
        let held = try running { () throws(IPAMError) in try store.addresses(of: owner) }
        guard !held.isEmpty else { throw .checkFailed("no address is reserved for \(owner)") }
        for used in request.configuration.previousResult?.addresses ?? [] {
            let address = used.address.address
            guard let pool = configuration.pool, pool.sets.contains(where: { $0.contains(address) }),
                !held.contains(address)
            else { continue }
            throw .checkFailed("\(address) is not reserved for \(owner)")
        }
    }

    /// Releases the attachment's addresses.
    public func delete(_ request: AttachmentRequest) throws(CNIError) {
        try running { () throws(IPAMError) in _ = try store.release(owner(request.attachment.id)) }
    }

    /// Releases the addresses of this network's attachments that are not valid any more.
    public func collectGarbage(keeping valid: [Attachment.ID]) throws(CNIError) {
        let owners = valid.map { owner($0) }
        try running { () throws(IPAMError) in _ = try store.collectGarbage(keeping: owners) }
    }

    /// Throws code 50 when a range set has no address left.
    public func status() throws(CNIError) {
        guard let pool = configuration.pool else { return }
        do throws(IPAMError) {
            try store.checkCapacity(of: pool)
        } catch {
            throw .notAvailable(error.description)
        }
    }

    private func owner(_ attachment: Attachment.ID) -> ReservationOwner {
        ReservationOwner(containerID: attachment.containerID, interfaceName: attachment.ifname)
    }

    private func running<R>(_ body: () throws(IPAMError) -> R) throws(CNIError) -> R {
        do throws(IPAMError) { return try body() } catch { throw Self.described(error) }
    }

    @inline(never)
    private static func described(_ error: IPAMError) -> CNIError {
        CNIError(error)
    }

    private func requestedByArguments(_ arguments: CNIArguments) throws(CNIError) -> [IPAddress] {
        guard let list = arguments["IP"], !list.isEmpty else { return [] }
        guard let address = HostLocalConfiguration.address(list) else {
            throw .invalidEnvironment("CNI_ARGS: IP=\"\(list)\" is invalid: it must be an IP address")
        }
        return [address]
    }

    private func resolver() throws(CNIError) -> CNIResult.DNS {
        guard let path = configuration.resolverFile else { return CNIResult.DNS() }
        let limit = 1 << 20  // bytes; the resolver itself reads no more than some lines
        let text = try attemptFile("read the file that \"ipam.resolvConf\" names") { () throws(SystemError) in
            try Files.read(path, limit: limit)
        }
        return CNIResult.DNS(resolverFile: text)
    }
}

extension CNIResult.DNS {
    /// Reads resolv.conf(5): the last `domain`, and all words of every `nameserver`, `search` and `options` line.
    ///
    /// Of a `nameserver` line only the first word counts.
    public init(resolverFile text: [UInt8]) {
        self.init()
        let plain = text.map { (0x09...0x0D).contains($0) && $0 != 0x0A ? 0x20 : $0 }
        for line in splitText(String(decoding: plain, as: UTF8.self), 0x0A) {
            let words = splitText(line, 0x20).filter { !$0.utf8.isEmpty }
            guard words.count > 1, let comment = words[0].utf8.first, comment != UInt8(ascii: "#"),
                comment != UInt8(ascii: ";")
            else { continue }
            switch words[0] {
            case "nameserver": nameservers.append(words[1])
            case "domain": domain = words[1]
            case "search": search += words[1...]
            case "options": options += words[1...]
            default: continue
            }
        }
    }
}
