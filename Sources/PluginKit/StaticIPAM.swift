internal import Addressing
public import CNI
internal import LinuxSystem

/// The verbs of static: the addresses that the configuration or the runtime names, handed on as they are.
public final class StaticIPAM: Sendable {
    /// The value of `ipam.type`.
    public static let type = "static"

    private let version: CNIVersion
    private let configured: [CNIResult.Address]
    /// Whether `args.cni.ips` or `runtimeConfig.ips` put other addresses in the place of all weaker ones.
    private let isReplaced: Bool
    private let routes: [CNIResult.Route]
    private let dns: CNIResult.DNS

    /// Reads `addresses`, `routes` and `dns` of `ipam`, and what replaces the first.
    ///
    /// DEL and GC succeed whatever they say.
    public init(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) {
        version = configuration.version
        guard verb != .delete, verb != .collectGarbage else {
            (configured, isReplaced, routes, dns) = ([], false, [], CNIResult.DNS())
            return
        }
        guard let ipam = try configuration.ipam() else { throw .invalidConfiguration("\"ipam\" is required") }
        routes = try ipam.objects("routes").map { (route) throws(CNIError) in try CNIResult.Route(route) }
        dns = try ipam.nested("dns").map { (dns) throws(CNIError) in try CNIResult.DNS(dns) } ?? CNIResult.DNS()
        var addresses: [CNIResult.Address] = []
        for entry in try ipam.objects("addresses") {
            let address = try entry.required(try entry.network("address"), "address")
            let gateway = try entry.address("gateway")
            if let gateway, gateway.family != address.family {
                throw entry.invalid("gateway", "it must be of the family of \(address)")
            }
            addresses.append(CNIResult.Address(address, gateway: gateway))
        }
        let byConvention = try Self.addresses("ips", of: try configuration.conventionArguments())
        let byRuntime = try Self.addresses("ips", of: try configuration.runtimeConfig())
        isReplaced = !byConvention.isEmpty || !byRuntime.isEmpty
        configured = byRuntime.isEmpty ? (byConvention.isEmpty ? addresses : byConvention) : byRuntime
    }

    private static func addresses(_ key: String, of keys: ConfigurationObject?) throws(CNIError) -> [CNIResult.Address]
    {
        guard let keys else { return [] }
        return try keys.stringList(key).map { (text) throws(CNIError) in
            guard let address = IPNetwork(text) else {
                throw .invalidConfiguration(
                    "\"\(keys.path(of: key))\": \"\(text)\" is invalid: it must be an IP address with a prefix length")
            }
            return CNIResult.Address(address)
        }
    }

    /// Answers with the addresses.
    public func add(_ request: AttachmentRequest) throws(CNIError) -> CNIResult {
        try request.arguments.refuseUnknown()
        return CNIResult(addresses: try addresses(request.arguments), routes: routes, dns: dns)
    }

    /// Verifies that the attachment's result has the addresses, with the gateways where they are configured.
    public func check(_ request: AttachmentRequest) throws(CNIError) {
        let present = try request.configuration.requiredPreviousResult().addresses
        for wanted in try addresses(request.arguments) {
            guard let found = present.first(where: { $0.address.address == wanted.address.address }) else {
                throw .checkFailed("\(wanted.address) is not among the attachment's addresses")
            }
            if let gateway = wanted.gateway, gateway != found.gateway {
                throw .checkFailed(
                    "\(wanted.address) has the gateway \(found.gateway?.description ?? "none") instead of \(gateway)")
            }
        }
    }

    /// The addresses in force: the configured ones and those of CNI_ARGS, or what replaced both.
    private func addresses(_ arguments: CNIArguments) throws(CNIError) -> [CNIResult.Address] {
        var result = configured
        for word in Self.list(arguments, "IP") {
            guard let address = IPNetwork(word) else { throw Self.unreadable(word, arguments, "IP") }
            if !isReplaced { result.append(CNIResult.Address(address)) }
        }
        for word in Self.list(arguments, "GATEWAY") {
            guard let gateway = IPAddress(word) else { throw Self.unreadable(word, arguments, "GATEWAY") }
            for index in result.indices where result[index].address.contains(gateway) {
                result[index].gateway = gateway
            }
        }
        try refuseDuplicates(result)
        return result
    }

    private func refuseDuplicates(_ addresses: [CNIResult.Address]) throws(CNIError) {
        for (index, entry) in addresses.enumerated() {
            guard !addresses[..<index].contains(where: { $0.address.address == entry.address.address }) else {
                throw .invalidConfiguration("\"ipam.addresses\": \(entry.address.address) is given more than once")
            }
        }
        for family in [IPFamily.v4, .v6] where version < .v0_3_0 {
            guard addresses.count(where: { $0.address.family == family }) <= 1 else {
                throw .invalidConfiguration(
                    "\"ipam.addresses\": cniVersion \(version) has room for one \(family) address only")
            }
        }
    }

    /// The words of a comma-separated list in CNI_ARGS.
    private static func list(_ arguments: CNIArguments, _ key: String) -> [String] {
        guard let text = arguments[key], !text.isEmpty else { return [] }
        return splitText(text, UInt8(ascii: ",")).map { word in
            String(decoding: Array(word.utf8).filter { $0 != 0x20 }, as: UTF8.self)
        }
    }

    private static func unreadable(_ word: String, _ arguments: CNIArguments, _ key: String) -> CNIError {
        .invalidEnvironment("CNI_ARGS: \(key)=\"\(arguments[key] ?? "")\" is invalid: \"\(word)\" is no such address")
    }
}
