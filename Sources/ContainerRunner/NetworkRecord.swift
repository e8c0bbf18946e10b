public import Addressing
public import CNI
public import JSON
internal import LinuxSystem

/// One network of a container: what is asked of it, and what it gave.
public struct NetworkAttachment: Hashable, Sendable {
    /// The network's name.
    public let network: String
    /// The interface inside the container.
    public let interface: String
    /// CNI_NETNS of ADD and DEL.
    public let namespacePath: String
    /// Whether the container's published ports are this network's task.
    public let publishes: Bool
    /// What ADD answered, complete, in the network's version; nil before.
    public var result: JSONValue?
    /// The addresses ADD gave the interface.
    public var addresses: [IPNetwork] = []
    /// The resolver's settings of ADD.
    public var dns = CNIResult.DNS()

    /// An attachment that is to be made.
    public init(network: String, interface: String, namespacePath: String, publishes: Bool) {
        self.network = network
        self.interface = interface
        self.namespacePath = namespacePath
        self.publishes = publishes
    }

    /// The gateways of the addresses that ADD gave.
    var gateways: [String] {
        var found: [String] = []
        for address in result?.object?["ips"]?.array ?? [] {
            if let gateway = address.object?["gateway"]?.string, !found.contains(gateway) { found.append(gateway) }
        }
        return found
    }

    /// The attachment as networks.json and `inspect` show it.
    public var json: JSONValue {
        var object = JSONObject([
            ("network", .string(network)), ("interface", .string(interface)),
            ("namespace", .string(namespacePath)), ("publishes", .bool(publishes)),
            ("addresses", .array(addresses.map { .string($0.description) })),
        ])
        if let result { object["result"] = result }
        return .object(object)
    }

    init(_ json: JSONValue, path: String) throws(RunnerError) {
        guard let network = json.object?["network"]?.string, let interface = json.object?["interface"]?.string,
            let namespace = json.object?["namespace"]?.string
        else { throw .record(path: path, reason: "an attachment is incomplete") }
        self.init(
            network: network, interface: interface, namespacePath: namespace,
            publishes: json.object?["publishes"]?.bool ?? false)
        result = json.object?["result"]
        addresses = (json.object?["addresses"]?.array ?? []).compactMap { $0.string.flatMap { IPNetwork($0) } }
    }
}

/// networks.json: the attachments of a container that are made or about to be; written before the first ADD.
enum NetworkRecord {
    static func path(_ stateDirectory: String) -> String { "\(stateDirectory)/networks.json" }

    private static let patience = 150_000  // milliseconds: another change may wait for a plugin's own limit

    /// Only one process at a time attaches or detaches a container.
    static func lock(_ stateDirectory: String) throws(RunnerError) -> FileLock {
        try during("locking the container's networks") { () throws(SystemError) in
            let directory = try Directory.open(stateDirectory)
            return try FileLock.acquire("networks.lock", in: directory, mode: 0o600, milliseconds: patience)
        }
    }

    static func read(_ stateDirectory: String) throws(RunnerError) -> [NetworkAttachment] {
        let path = path(stateDirectory)
        guard let json = try StateFile.read(path) else { return [] }
        guard let entries = json.array else { throw .record(path: path, reason: "it is not a list") }
        return try entries.map { entry throws(RunnerError) in try NetworkAttachment(entry, path: path) }
    }

    static func write(_ attachments: [NetworkAttachment], _ stateDirectory: String) throws(RunnerError) {
        try StateFile.write(path(stateDirectory), .array(attachments.map(\.json)))
    }
}
