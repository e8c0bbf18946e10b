internal import JSON

/// The configuration that a plugin reads from standard input.
public final class NetworkConfiguration: Sendable {
    /// The version of the specification that request and answer follow.
    public let version: CNIVersion
    /// The network's name.
    public let name: String
    /// The plugin's own `type`; empty when it is missing, for no plugin needs to be told its name.
    public let type: String
    /// All keys.
    public let keys: ConfigurationObject
    /// The configuration as it was read, to be handed to delegates unchanged.
    public let text: [UInt8]
    /// What earlier plugins (ADD) or the whole chain (CHECK, DEL) made of the attachment.
    public let previousResult: CNIResult?
    /// What was passed over for the sake of DEL, for standard error; usually empty.
    public let warning: String

    /// Reads a configuration: code 6 when it is no JSON object, 1 for an unknown version, 7 for a bad name.
    public convenience init(_ text: [UInt8], for verb: Verb) throws(CNIError) {
        let keys = try Self.keys(of: text)
        try self.init(keys, version: try Self.version(of: keys), text: text, for: verb)
    }

    init(_ keys: ConfigurationObject, version: CNIVersion, text: [UInt8], for verb: Verb) throws(CNIError) {
        self.version = version
        self.keys = keys
        self.text = text
        name = try keys.string("name", default: "")
        try NameRules.checkNetwork(name)
        type = try keys.string("type", default: "")
        (previousResult, warning) = try Self.previousResult(in: keys, version: version, for: verb)
    }

    static func keys(of text: [UInt8]) throws(CNIError) -> ConfigurationObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(text)
        } catch {
            throw .decoding("the configuration on standard input is not JSON", details: error.description)
        }
        return try ConfigurationObject(value, path: "")
    }

    static func version(of keys: ConfigurationObject) throws(CNIError) -> CNIVersion {
        guard let text = try keys.string("cniVersion"), !text.isEmpty else { return .v0_1_0 }
        guard let version = CNIVersion(text) else {
            throw incompatible(JSONValue.string(text).excerpt(), supported: CNIVersion.allCases)
        }
        return version
    }

    /// The error for a version that a plugin does not speak, naming both sides.
    static func incompatible(_ version: String, supported: [CNIVersion]) -> CNIError {
        let list = supported.map { $0.description }.joined(separator: ", ")
        return .incompatibleVersion(
            "incompatible CNI versions", details: "config is \(version), plugin supports \(list)")
    }

    private static func previousResult(
        in keys: ConfigurationObject, version: CNIVersion, for verb: Verb
    ) throws(CNIError) -> (CNIResult?, String) {
        guard verb.concernsAttachment, let value = keys.value("prevResult") else { return (nil, "") }
        do throws(CNIError) {
            return (try CNIResult(value, assumed: version, path: "prevResult"), "")
        } catch {
            // DEL must work without prevResult, and so with one that cannot be read.
            guard verb == .delete else { throw error }
            return (nil, "prevResult is ignored: \(error)")
        }
    }
}

extension NetworkConfiguration {
    /// `prevResult`; code 7 when there is none, for CHECK and for plugins that only work behind another.
    public func requiredPreviousResult() throws(CNIError) -> CNIResult {
        guard let previousResult else {
            throw .invalidConfiguration("\"prevResult\" is required: the result of the plugins before this one")
        }
        return previousResult
    }

    /// `runtimeConfig`: what the runtime was asked for, where the configuration declares the capability.
    public func runtimeConfig() throws(CNIError) -> ConfigurationObject? {
        try keys.nested("runtimeConfig")
    }

    /// `args.cni`: arguments by convention, weaker than `runtimeConfig`, stronger than CNI_ARGS.
    public func conventionArguments() throws(CNIError) -> ConfigurationObject? {
        try keys.nested("args")?.nested("cni")
    }

    /// `dns` of the configuration; `nil` when absent.
    public func dns() throws(CNIError) -> CNIResult.DNS? {
        guard let members = try keys.nested("dns") else { return nil }
        return try CNIResult.DNS(members)
    }

    /// `ipam`; `nil` when it is absent.
    public func ipam() throws(CNIError) -> ConfigurationObject? {
        try keys.nested("ipam")
    }

    /// The attachments that GC must keep: `cni.dev/valid-attachments`, and the older name `cni.dev/attachments`.
    ///
    /// Where both are given all of both are kept. Code 7 when neither is: nothing can be told to be garbage then.
    public func validAttachments() throws(CNIError) -> [Attachment.ID] {
        let names = ["cni.dev/valid-attachments", "cni.dev/attachments"]
        // A runtime written in Go writes an empty list as null.
        guard names.contains(where: { keys.members[$0] != nil }) else {
            throw .invalidConfiguration("\"\(names[0])\" is required: the attachments to keep")
        }
        let newer = try attachments(names[0])
        let older = try attachments(names[1])
        return newer == older ? newer : newer + older
    }

    private func attachments(_ key: String) throws(CNIError) -> [Attachment.ID] {
        var result: [Attachment.ID] = []
        for entry in try keys.objects(key) {
            let containerID = try entry.required(try entry.string("containerID"), "containerID")
            let ifname = try entry.required(try entry.string("ifname"), "ifname")
            result.append(Attachment.ID(containerID: containerID, ifname: ifname))
        }
        return result
    }
}
