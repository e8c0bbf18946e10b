internal import Addressing
internal import JSON

/// What a container finds under names: resolvers, and entries of its /etc/hosts.
public struct NameSettings: Hashable, Sendable {
    /// Addresses of name servers; none for what networks and host say.
    public var servers: [String] = []
    /// Domains to search.
    public var search: [String] = []
    /// resolver(5) options.
    public var options: [String] = []
    /// NAME:ADDRESS; the address `host-gateway` is the container's gateway.
    public var hosts: [String] = []
    /// Whether hosts, hostname and resolv.conf are the container's own.
    public var writesFiles = true

    /// The address by which `--add-host` means the host.
    static let hostGateway = "host-gateway"

    /// What the networks and the host say.
    public init() {}

    /// Refuses what is no address.
    public func check() throws(RunnerError) {
        for server in servers where IPAddress(server) == nil {
            throw .invalid(option: "--dns", value: server, expected: "an IP address")
        }
        for entry in hosts {
            let (name, address) = Self.parts(of: entry)
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
                address == Self.hostGateway || IPAddress(address) != nil
            else { throw .invalid(option: "--add-host", value: entry, expected: "NAME:ADDRESS or NAME:host-gateway") }
        }
        for text in search + options where text.isEmpty || !text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw .invalid(option: "--dns-search", value: text, expected: "one word")
        }
    }

    /// Name and address of an entry; an IPv6 address may stand in brackets.
    static func parts(of entry: String) -> (name: String, address: String) {
        guard let colon = entry.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return (entry, "") }
        var address = entry[entry.index(after: colon)...]
        if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
        return (String(entry[..<colon]), String(address))
    }

    var json: JSONValue {
        var object = JSONObject()
        object.set("dns", strings: servers)
        object.set("search", strings: search)
        object.set("options", strings: options)
        object.set("hosts", strings: hosts)
        if !writesFiles { object["writesFiles"] = .bool(false) }
        return .object(object)
    }

    init(_ reader: SettingsReader) throws(RunnerError) {
        servers = try reader.strings("dns")
        search = try reader.strings("search")
        options = try reader.strings("options")
        hosts = try reader.strings("hosts")
        writesFiles = try reader.bool("writesFiles", default: true)
    }
}
