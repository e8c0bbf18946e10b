public import CNI
public import JSON

/// What is kept of an attachment between ADD and DEL, in libcni's format, so that other tools see it.
public struct CachedAttachment: Hashable, Sendable {
    /// The network.
    public let network: String
    /// Container, interface, and what was asked for.
    public let target: AttachmentTarget
    /// The network's configuration at the time of ADD.
    public let list: NetworkList?
    /// The result of the last plugin, as printed.
    public let resultDocument: JSONValue

    private static let kind = "cniCacheV1"

    init(list: NetworkList, target: AttachmentTarget, resultDocument: JSONValue) {
        self.network = list.name
        self.target = target
        self.list = list
        self.resultDocument = resultDocument
    }

    /// Reads a cache file; code 6 or 7 when it is none.
    public init(_ document: JSONValue) throws(CNIError) {
        let keys = try ConfigurationObject(document, path: "")
        guard try keys.string("kind") == Self.kind else { throw keys.invalid("kind", "it must be \"\(Self.kind)\"") }
        network = try keys.required(try keys.string("networkName"), "networkName")
        var pairs: [String] = []
        for pair in try keys.list("cniArgs") {
            guard let halves = pair.array, halves.count == 2, let key = halves[0].string, let value = halves[1].string
            else { throw keys.invalid("cniArgs", "it must be pairs of strings") }
            pairs.append("\(key)=\(value)")
        }
        target = AttachmentTarget(
            containerID: try keys.required(try keys.string("containerId"), "containerId"),
            ifname: try keys.required(try keys.string("ifName"), "ifName"),
            netns: try keys.string("netns", default: ""),
            arguments: try CNIArguments(pairs.joined(separator: ";")),
            capabilityArguments: try keys.nested("capabilityArgs")?.members ?? JSONObject())
        list = try Self.list(in: keys)
        resultDocument = keys.value("result") ?? .object(JSONObject())
    }

    /// The result as it is understood.
    public func result() throws(CNIError) -> CNIResult {
        try CNIResult(resultDocument, assumed: list?.version ?? .v0_1_0, path: "result")
    }

    /// The cache file's content.
    public var document: JSONValue {
        let configuration = list.map { JSONValue.object($0.document).encoded() } ?? []
        var members = JSONObject([
            ("kind", .string(Self.kind)),
            ("containerId", .string(target.containerID)),
            ("config", .string(Base64.encode(configuration))),
            ("ifName", .string(target.ifname)),
            ("networkName", .string(network)),
        ])
        if !target.netns.isEmpty { members["netns"] = .string(target.netns) }
        if !target.arguments.pairs.isEmpty {
            members["cniArgs"] = .array(
                target.arguments.pairs.map { .array([.string($0.key), .string($0.value)]) })
        }
        if !target.capabilityArguments.isEmpty { members["capabilityArgs"] = .object(target.capabilityArguments) }
        members["result"] = resultDocument
        return .object(members)
    }

    /// The network list in `config`, which may also hold the configuration of a single plugin.
    private static func list(in keys: ConfigurationObject) throws(CNIError) -> NetworkList? {
        guard let text = try keys.string("config"), !text.isEmpty else { return nil }
        guard let bytes = Base64.decode(text) else { throw keys.invalid("config", "it must be base64") }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            throw .decoding("\"config\" does not hold JSON", details: error.description)
        }
        let members = try ConfigurationObject(value, path: "config").members
        return members["plugins"] == nil ? try NetworkList(singlePlugin: members) : try NetworkList(members)
    }
}
