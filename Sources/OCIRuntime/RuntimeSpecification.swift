internal import JSON
internal import LinuxSystem

/// A bundle's config.json, as the OCI runtime specification 1.0 to 1.2 has it, in types.
public struct RuntimeSpecification: Sendable {
    /// The version of the specification it follows.
    public let version: String
    /// What runs in the container; nil is allowed for `create`, not for `start`.
    public let process: ProcessSpecification?
    /// The root directory on the host; relative to the bundle.
    public let rootPath: String
    /// Whether the root itself is read-only.
    public let isRootReadOnly: Bool
    /// The name in the container's UTS namespace.
    public let hostname: String?
    /// The NIS domain name in the container's UTS namespace.
    public let domainName: String?
    /// File systems to mount, in this order.
    public let mounts: [MountSpecification]
    /// Programs to run at points of the container's life.
    public let hooks: Hooks
    /// What the caller notes about the container.
    public let annotations: [(key: String, value: String)]
    /// Everything of Linux.
    public let linux: LinuxSpecification

    /// Reads the content of a config.json.
    public static func decode(_ bytes: [UInt8]) throws(OCIError) -> RuntimeSpecification {
        try RuntimeSpecification(SpecificationReader(parse(bytes, file: "config.json"), file: "config.json"))
    }

    static func parse(_ bytes: [UInt8], file: String) throws(OCIError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw .configuration(file: file, key: "", problem: error.description)
        }
    }

    private init(_ reader: SpecificationReader) throws(OCIError) {
        version = try reader.needed("ociVersion")
        guard hasPrefix(version, "1.") else {
            throw reader.wrong("ociVersion", "must be a version 1, not \(version)")
        }
        process = try reader.nested("process").map { (nested) throws(OCIError) in try ProcessSpecification(nested) }
        guard let root = try reader.nested("root") else { throw reader.wrong("root", "is required") }
        rootPath = try root.needed("path")
        isRootReadOnly = try root.bool("readonly") ?? false
        hostname = try reader.string("hostname")
        domainName = try reader.string("domainname")
        var mounts: [MountSpecification] = []
        for mount in try reader.objects("mounts") { mounts.append(try MountSpecification(mount)) }
        self.mounts = mounts
        hooks = try Hooks(reader.nested("hooks"))
        annotations = try reader.pairs("annotations")
        linux = try LinuxSpecification(reader.nested("linux"))
        try checkConsistency(reader)
    }

    /// What each member alone cannot tell.
    private func checkConsistency(_ reader: SpecificationReader) throws(OCIError) {
        guard linux.namespace(.mount) != nil else {
            throw reader.wrong("linux.namespaces", "must hold a mount namespace: a container's root is made in one")
        }
        if linux.namespace(.uts) == nil {
            if hostname != nil { throw reader.wrong("hostname", "needs a uts namespace in linux.namespaces") }
            if domainName != nil { throw reader.wrong("domainname", "needs a uts namespace in linux.namespaces") }
        }
        let makesUsers = linux.namespace(.user).map { $0.path == nil } ?? false
        if makesUsers, linux.userMappings.isEmpty || linux.groupMappings.isEmpty {
            throw reader.wrong("linux.uidMappings", "and linux.gidMappings are needed for a new user namespace")
        }
        if linux.namespace(.user) == nil, !linux.userMappings.isEmpty || !linux.groupMappings.isEmpty {
            throw reader.wrong("linux.uidMappings", "need a user namespace in linux.namespaces")
        }
    }
}
