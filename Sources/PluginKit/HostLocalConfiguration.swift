public import Addressing
public import CNI
public import IPAM

/// What the `ipam` object of a network says to host-local.
public final class HostLocalConfiguration: Sendable {
    /// The value of `ipam.type`.
    public static let type = "host-local"

    /// The network's name: the directory of its reservations below `dataDirectory`.
    public let network: String
    /// `dataDir`.
    public let dataDirectory: String
    /// What may be handed out; nil for DEL and GC, which find addresses by their owners.
    public let pool: AddressPool?
    /// The addresses asked for in `args.cni.ips` and then in `runtimeConfig.ips`.
    public let requested: [IPAddress]
    /// `routes`.
    public let routes: [CNIResult.Route]
    /// `resolvConf`: the file that the result's DNS is read from; nil for none.
    public let resolverFile: String?

    /// Reads what the verb needs: DEL and GC must work whatever became of the ranges.
    public init(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) {
        network = configuration.name
        let ipam = try configuration.ipam()
        let directory = try ipam?.string("dataDir") ?? ""
        dataDirectory = directory.isEmpty ? HostLocalStore.defaultDataDirectory : directory
        guard verb != .delete, verb != .collectGarbage else {
            (pool, requested, routes, resolverFile) = (nil, [], [], nil)
            return
        }
        guard let ipam else { throw .invalidConfiguration("\"ipam\" is required") }
        pool = try Self.pool(ipam, configuration)
        requested = try Self.requested(configuration)
        routes = try ipam.objects("routes").map { (route) throws(CNIError) in try CNIResult.Route(route) }
        let file = try ipam.string("resolvConf", default: "")
        resolverFile = file.isEmpty ? nil : file
    }

    /// The range sets in their order: the capability's, the one of the older flat keys, `ranges`.
    private static func pool(_ ipam: ConfigurationObject, _ configuration: NetworkConfiguration) throws(CNIError)
        -> AddressPool
    {
        var described = try configuration.runtimeConfig()?.objectLists("ipRanges") ?? []
        if try ipam.network("subnet") != nil { described.append([ipam]) }
        described += try ipam.objectLists("ranges")
        var sets: [RangeSet] = []
        for (index, ranges) in described.enumerated() {
            let made = try ranges.map { (range) throws(CNIError) in try Self.range(range) }
            do throws(IPAMError) {
                sets.append(try RangeSet(made, index: index))
            } catch {
                throw CNIError(error)
            }
        }
        for family in [IPFamily.v4, .v6] where configuration.version < .v0_3_0 {
            guard sets.count(where: { $0.family == family }) <= 1 else {
                throw .invalidConfiguration(
                    "\"ipam\": cniVersion \(configuration.version) has room for one \(family) address only, "
                        + "and there are more \(family) range sets")
            }
        }
        do throws(IPAMError) {
            return try AddressPool(sets)
        } catch {
            throw CNIError(error)
        }
    }

    private static func range(_ keys: ConfigurationObject) throws(CNIError) -> AddressRange {
        let subnet = try keys.required(try keys.network("subnet"), "subnet")
        let (start, end) = (try keys.address("rangeStart"), try keys.address("rangeEnd"))
        let gateway = try keys.address("gateway")
        do throws(IPAMError) {
            return try AddressRange(subnet: subnet, start: start, end: end, gateway: gateway)
        } catch {
            throw .invalidConfiguration("\"\(keys.path)\": \(error)")
        }
    }

    private static func requested(_ configuration: NetworkConfiguration) throws(CNIError) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for keys in [try configuration.conventionArguments(), try configuration.runtimeConfig()] {
            guard let keys else { continue }
            for text in try keys.stringList("ips") {
                guard let address = Self.address(text) else {
                    throw .invalidConfiguration(
                        "\"\(keys.path(of: "ips"))\": \"\(text)\" is invalid: it must be an IP address")
                }
                addresses.append(address)
            }
        }
        return addresses
    }

    /// An address, with or without a prefix length: host-local hands out its range's.
    static func address(_ text: String) -> IPAddress? {
        IPAddress(text) ?? IPNetwork(text)?.address
    }
}

extension CNIError {
    /// What IPAM refused, with the code that tells a runtime whether to try again.
    public init(_ error: IPAMError) {
        let message = error.description
        switch error {
        case .system(let cause): self = .inputOutput("cannot keep the reservations of the network", cause)
        case .duplicateAllocation: self = .invalidEnvironment("CNI_CONTAINERID: \(message)")
        case .exhausted, .lockTimedOut, .requestedTaken: self = .tryAgainLater(message)
        case .requestedOutside, .requestedGateway: self = .invalidConfiguration(message)
        case .hostBits, .subnetTooSmall, .startOutside, .endOutside, .endBeforeStart, .gatewayOutside, .emptySet,
            .mixedFamilies, .overlapInside, .overlapBetween, .noRanges, .tooManyRanges:
            self = .invalidConfiguration("\"ipam\": \(message)")
        }
    }
}
