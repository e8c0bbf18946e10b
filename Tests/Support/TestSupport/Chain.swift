/// A runtime written from the specification, sections 3 and 4: it derives each plugin's configuration from a network
/// list, passes results on, and keeps what the last ADD of an attachment returned.
public struct Chain: Sendable {
    /// The host that the plugins run on.
    public let host: TestHost
    /// The network list.
    public var list: Document
    /// Where plugins are found, and delegates through CNI_PATH.
    public var directory: PluginDirectory

    /// A runtime for one network list.
    public init(_ list: Document, from directory: PluginDirectory = .underTest, on host: TestHost) {
        self.list = list
        self.directory = directory
        self.host = host
    }

    /// The plugin objects.
    public var plugins: [Document] { list["plugins"].elements }

    /// Executes ADD along the list and returns the last result; throws at the first that fails.
    @discardableResult
    public func add(_ attachment: CNIAttachment) throws -> Document {
        var result: Document?
        for plugin in plugins {
            result = try invocation(.add, plugin, attachment, previous: result).run().result()
        }
        return result ?? .null
    }

    /// Executes CHECK along the list; throws at the first that fails.
    public func check(_ attachment: CNIAttachment, previous: Document) throws {
        for plugin in plugins {
            try silent(invocation(.check, plugin, attachment, previous: previous))
        }
    }

    /// Executes DEL in reverse; throws at the first that fails.
    public func delete(_ attachment: CNIAttachment, previous: Document? = nil) throws {
        for plugin in plugins.reversed() {
            try silent(invocation(.delete, plugin, attachment, previous: previous))
        }
    }

    /// Executes GC on every plugin, goes on after errors, and throws the first.
    public func collectGarbage(keeping valid: [CNIAttachment]) throws {
        let outcomes = try plugins.map { try invocation(.collectGarbage, $0, nil, valid: valid).run() }
        for outcome in outcomes where !(outcome.succeeded && outcome.finished.output.isEmpty) {
            throw TestFailure("GC: \(outcome)")
        }
    }

    /// Executes STATUS along the list; throws at the first that fails.
    public func status() throws {
        for plugin in plugins {
            try silent(invocation(.status, plugin, nil))
        }
    }

    /// The invocation of one plugin of the list.
    public func invocation(
        _ verb: PluginInvocation.Verb, _ plugin: Document, _ attachment: CNIAttachment?, previous: Document? = nil,
        valid: [CNIAttachment]? = nil
    ) -> PluginInvocation {
        var configuration = plugin
        configuration["name"] = list["name"]
        configuration["cniVersion"] = list["cniVersion"]
        configuration["capabilities"] = .null
        let offered = attachment?.capabilityArguments ?? [:]
        let wanted = plugin["capabilities"].members.filter { $0.value == .bool(true) }
        let runtimeConfig = offered.filter { wanted[$0.key] != nil }
        if !runtimeConfig.isEmpty { configuration["runtimeConfig"] = .object(runtimeConfig) }
        if let previous { configuration["prevResult"] = previous }
        if let valid { configuration["cni.dev/valid-attachments"] = .array(valid.map(\.valid)) }
        return PluginInvocation(
            verb, plugin["type"].string ?? "", from: directory, on: host, attachment, configuration: configuration)
    }

    private func silent(_ invocation: PluginInvocation) throws {
        let outcome = try invocation.run()
        guard outcome.succeeded, outcome.finished.output.isEmpty else {
            throw TestFailure("\(invocation.variables["CNI_COMMAND"] ?? "") must succeed in silence: \(outcome)")
        }
    }
}
