public import JSON

/// Something that a container or an attachment had, and whose owner is gone.
public struct Leak: Hashable, Sendable {
    /// What it is.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// A container that was never made to its end, or that was to be removed at its end.
        case container
        /// A name that leads to no container.
        case name
        /// The record of a container's processes, all of which have ended.
        case runDirectory = "run directory"
        /// A shim or a container's first process, without a container.
        case process
        /// A control group.
        case controlGroup = "control group"
        /// A mount in the runner's directories.
        case mount
        /// An address that host-local keeps for nobody.
        case address
        /// An element of nf_tables.
        case element
        /// What a plugin noted of an attachment.
        case record
        /// An attachment as the runtime keeps it.
        case attachment
        /// The host's end of a cable.
        case link
        /// What a load of an image left half-made, or a claim on one.
        case image
    }

    /// What it is.
    public let kind: Kind
    /// Which one: a path, a process's number, an address, an owner.
    public let subject: String
    /// Why it counts as left over.
    public let reason: String
    /// The container's id, where one is known.
    public var container = ""
    /// The network, where it belongs to one.
    public var network = ""

    /// Something left over.
    public init(_ kind: Kind, _ subject: String, _ reason: String, container: String = "", network: String = "") {
        self.kind = kind
        self.subject = subject
        self.reason = reason
        self.container = container
        self.network = network
    }

    /// The leak as `doctor --json` shows it.
    public var json: JSONValue {
        var members = JSONObject([
            ("kind", .string(kind.rawValue)), ("subject", .string(subject)), ("reason", .string(reason)),
        ])
        if !container.isEmpty { members["container"] = .string(container) }
        if !network.isEmpty { members["network"] = .string(network) }
        return .object(members)
    }
}
