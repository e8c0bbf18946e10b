public import CNI
public import JSON

/// A network as an administrator wrote it: the plugins that make an attachment, in order.
public struct NetworkList: Hashable, Sendable {
    /// One plugin of the list.
    public struct Plugin: Hashable, Sendable {
        /// The name of its executable.
        public let type: String
        /// Its configuration as written.
        public let members: JSONObject
        /// The capabilities that it declares to have.
        public let capabilities: [String]

        init(_ keys: ConfigurationObject) throws(CNIError) {
            type = try keys.string("type", default: "")
            try NameRules.checkType(type, key: keys.path(of: "type"))
            members = keys.members
            var names: [String] = []
            if let declared = try keys.nested("capabilities") {
                for name in declared.members.keys where try declared.bool(name, default: false) { names.append(name) }
            }
            capabilities = names
        }
    }

    /// The network's name.
    public let name: String
    /// The version that requests to its plugins are written in.
    public let version: CNIVersion
    /// The plugins in the order of ADD.
    public let plugins: [Plugin]
    /// Whether CHECK is to be skipped.
    public let disablesCheck: Bool
    /// Whether GC is to be skipped.
    public let disablesGarbageCollection: Bool
    /// The list as one self-contained document, for the cache.
    public let document: JSONObject

    /// Reads a network list; `additional` are plugin configurations that stand beside it (`loadOnlyInlinedPlugins`).
    ///
    /// Code 6, 7 or 1, as a plugin would answer to such a configuration.
    public init(_ document: JSONObject, additional: [JSONObject] = []) throws(CNIError) {
        let keys = ConfigurationObject(document)
        name = try keys.string("name", default: "")
        try NameRules.checkNetwork(name)
        version = try Self.version(of: keys)
        disablesCheck = try Self.flag("disableCheck", of: keys)
        disablesGarbageCollection = try Self.flag("disableGC", of: keys)
        var plugins: [Plugin] = []
        for entry in try keys.objects("plugins") { plugins.append(try Plugin(entry)) }
        for entry in additional { plugins.append(try Plugin(ConfigurationObject(entry))) }
        guard !plugins.isEmpty else { throw keys.invalid("plugins", "a network needs at least one plugin") }
        self.plugins = plugins
        var resolved = document
        resolved["plugins"] = .array(plugins.map { .object($0.members) })
        if !additional.isEmpty { resolved["loadOnlyInlinedPlugins"] = .bool(true) }
        self.document = resolved
    }

    /// Reads the configuration of a single plugin as a list of one.
    public init(singlePlugin members: JSONObject) throws(CNIError) {
        let keys = ConfigurationObject(members)
        var document = JSONObject()
        for key in ["cniVersion", "cniVersions", "name"] { document[key] = keys.value(key) }
        document["plugins"] = .array([.object(members)])
        try self.init(document)
    }

    /// The newest version that the file and this library have in common; 0.1.0 when the file names none.
    private static func version(of keys: ConfigurationObject) throws(CNIError) -> CNIVersion {
        var texts = try keys.stringList("cniVersions")
        if let text = try keys.string("cniVersion"), !text.isEmpty { texts.append(text) }
        guard !texts.isEmpty else { return .v0_1_0 }
        guard let version = texts.compactMap({ CNIVersion($0) }).max() else {
            throw .incompatibleVersion(
                "no known CNI version among \(JSONValue.array(texts.map { .string($0) }).excerpt())")
        }
        return version
    }

    /// A boolean that may be written as a string, which libcni takes as well.
    private static func flag(_ key: String, of keys: ConfigurationObject) throws(CNIError) -> Bool {
        switch keys.value(key) {
        case .string("true"): true
        case .string("false"), .string(""): false
        default: try keys.bool(key, default: false)
        }
    }
}

extension NetworkList {
    /// The configuration that a plugin of this list is given on standard input.
    ///
    /// Of `capabilityArguments` it gets those that it declares; `additions` are the keys that the runtime makes.
    public func configuration(
        for plugin: Plugin, capabilityArguments: JSONObject = JSONObject(), additions: [(String, JSONValue)] = []
    ) -> [UInt8] {
        var members = plugin.members
        // Keys that only a runtime may make, and what only a runtime needs to know.
        for key in members.keys where key == "prevResult" || key == "capabilities" || key.hasPrefix("cni.dev/") {
            members.remove(key)
        }
        members["name"] = .string(name)
        members["cniVersion"] = .string(version.description)
        var runtimeConfig = JSONObject()
        for (key, value) in capabilityArguments.members where plugin.capabilities.contains(key) {
            runtimeConfig[key] = value
        }
        if !runtimeConfig.isEmpty { members["runtimeConfig"] = .object(runtimeConfig) }
        for (key, value) in additions { members[key] = value }
        return JSONValue.object(members).encoded()
    }
}
