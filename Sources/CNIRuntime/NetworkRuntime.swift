public import CNI
internal import JSON

/// A runtime's side of CNI: it attaches containers by executing the plugins of a network, and by nothing else.
public struct NetworkRuntime: Sendable {
    /// Where plugins, configurations and state are.
    public let settings: RuntimeSettings
    private let cache: AttachmentCache
    private let locks: RuntimeLocks

    /// A runtime with these paths.
    public init(_ settings: RuntimeSettings = RuntimeSettings()) {
        self.settings = settings
        cache = AttachmentCache(settings.cacheDirectory)
        locks = RuntimeLocks(directory: settings.lockDirectory)
    }

    /// The networks that are configured.
    public var networks: NetworkDirectory { NetworkDirectory(settings.configurationDirectory) }

    /// Attaches a container: ADD of each plugin in order, each given the result of the one before.
    ///
    /// When one fails, DEL of all of them follows, and the error says what DEL could not undo.
    public func attach(_ list: NetworkList, _ target: AttachmentTarget) throws(RuntimeError) -> CNIResult {
        let subject = "network \(list.name)"
        return try locked(list.name, target) { () throws(RuntimeError) -> CNIResult in
            try about(subject) { () throws(CNIError) in
                guard try cache.read(network: list.name, target) == nil else {
                    throw .invalidConfiguration("\(target.containerID) is attached already by \(target.ifname)")
                }
            }
            let steps = try steps(of: list)
            var previous: JSONValue?
            var result = CNIResult()
            do throws(RuntimeError) {
                for step in steps {
                    (previous, result) = try add(step, list, target, previous)
                }
                try about(subject) { () throws(CNIError) in
                    let document = previous ?? .object(JSONObject())
                    try cache.store(CachedAttachment(list: list, target: target, resultDocument: document))
                }
            } catch {
                throw error.followed(by: undo(steps, list, target))
            }
            return result
        }
    }

    /// Detaches a container: DEL of each plugin in reverse order, with what ADD returned.
    ///
    /// The configuration kept since ADD is used where there is one, else `list`. It succeeds when nothing is attached.
    public func detach(_ list: NetworkList, _ target: AttachmentTarget) throws(RuntimeError) {
        try locked(list.name, target) { () throws(RuntimeError) in
            let kept = try about("network \(list.name)") { () throws(CNIError) in
                try readable { () throws(CNIError) in try cache.read(network: list.name, target) }
            }
            try delete(kept?.list ?? list, target.filled(from: kept), kept)
        }
    }

    /// Verifies an attachment: CHECK of each plugin in order, with what ADD returned.
    ///
    /// Code 3 when it is not attached; nothing is done when the configuration disables CHECK.
    public func check(_ list: NetworkList, _ target: AttachmentTarget) throws(RuntimeError) {
        let subject = "network \(list.name)"
        try locked(list.name, target) { () throws(RuntimeError) in
            let kept = try about(subject) { () throws(CNIError) -> CachedAttachment in
                guard let kept = try cache.read(network: list.name, target) else {
                    throw .unknownContainer("\(target.containerID) is not attached by \(target.ifname)")
                }
                return kept
            }
            let list = kept.list ?? list
            guard list.version >= Verb.check.introduced else {
                throw RuntimeError(subject, .incompatibleVersion("CHECK needs cniVersion \(Verb.check.introduced)"))
            }
            if list.disablesCheck { return }
            let target = target.filled(from: kept)
            for step in try steps(of: list) {
                _ = try execute(.check, step, list, target, [("prevResult", kept.resultDocument)])
            }
        }
    }

    /// Asks each plugin whether it could serve ADD; the first that could not is thrown.
    ///
    /// Before 1.1.0 plugins could not be asked, and are taken to be ready.
    public func status(_ list: NetworkList) throws(RuntimeError) {
        let steps = try steps(of: list)
        guard list.version >= Verb.status.introduced else { return }
        for step in steps { _ = try execute(.status, step, list, nil, []) }
    }

    /// Removes what belongs to no attachment of `valid`: kept attachments by DEL, all else by GC of each plugin.
    ///
    /// Everything is tried; the error tells all that failed. Whoever learns from the kept attachments which are valid
    /// has to do so inside `valid`, which is called when no request on the network can run any more: a list made before
    /// would lack what is attached meanwhile, and GC would take it for garbage.
    public func collectGarbage(
        _ list: NetworkList, keeping valid: () throws(RuntimeError) -> [Attachment.ID]
    ) throws(RuntimeError) {
        if list.disablesGarbageCollection { return }
        try locks.withNetwork(list.name) { () throws(RuntimeError) in
            let valid = try valid()
            var faults: [RuntimeError] = []
            let (kept, unreadable) = try about("network \(list.name)") { () throws(CNIError) in try cache.all() }
            faults += unreadable
            let validIDs = Set(valid)
            for attachment in kept where attachment.network == list.name && !validIDs.contains(attachment.target.id) {
                collect(into: &faults) { () throws(RuntimeError) in
                    try locks.withContainer(attachment.target.containerID) { () throws(RuntimeError) in
                        try delete(attachment.list ?? list, attachment.target, attachment)
                    }
                }
            }
            if list.version >= Verb.collectGarbage.introduced {
                let names = JSONValue.array(valid.map(\.json))
                // The second is what the specification called it at first; some plugins read only that.
                let additions = [("cni.dev/valid-attachments", names), ("cni.dev/attachments", names)]
                for step in try steps(of: list) {
                    collect(into: &faults) { () throws(RuntimeError) in
                        _ = try execute(.collectGarbage, step, list, nil, additions)
                    }
                }
            }
            if let first = faults.first { throw first.followed(by: Array(faults.dropFirst())) }
        }
    }

    /// Removes what belongs to no attachment of a list that does not depend on what is attached meanwhile.
    public func collectGarbage(_ list: NetworkList, keeping valid: [Attachment.ID]) throws(RuntimeError) {
        try collectGarbage(list) { () throws(RuntimeError) in valid }
    }

    /// The attachments that are kept, of one network or of all, and the files that could not be read.
    public func attachments(
        of network: String? = nil
    ) throws(RuntimeError) -> (attachments: [CachedAttachment], faults: [RuntimeError]) {
        let (all, faults) = try about(settings.cacheDirectory) { () throws(CNIError) in try cache.all() }
        return (all.filter { network == nil || $0.network == network }, faults)
    }
}

extension NetworkRuntime {
    /// A plugin of a list with the file that it is.
    private struct Step {
        let plugin: NetworkList.Plugin
        let executable: PluginExecutable
    }

    /// All plugins found before the first is executed, so that a missing one leaves nothing to undo.
    private func steps(of list: NetworkList) throws(RuntimeError) -> [Step] {
        try about("network \(list.name)") { () throws(CNIError) in
            try list.plugins.map { (plugin) throws(CNIError) in
                let executable = try PluginExecutable.find(plugin.type, key: "type", in: settings.pluginPath)
                return Step(plugin: plugin, executable: executable)
            }
        }
    }

    private func locked<R>(
        _ network: String, _ target: AttachmentTarget, _ body: () throws(RuntimeError) -> R
    ) throws(RuntimeError) -> R {
        try about("network \(network)") { () throws(CNIError) in
            _ = try Attachment(
                network: network, containerID: target.containerID, ifname: target.ifname, netns: target.netns)
            _ = try AttachmentCache.name(network: network, target)
        }
        return try locks.withContainer(target.containerID, network: network, body)
    }

    private func add(
        _ step: Step, _ list: NetworkList, _ target: AttachmentTarget, _ previous: JSONValue?
    ) throws(RuntimeError) -> (JSONValue?, CNIResult) {
        let additions = previous.map { [("prevResult", $0)] } ?? []
        let output = try execute(.add, step, list, target, additions)
        return try about(Self.subject(.add, step, list)) { () throws(CNIError) in
            let (document, result) = try step.executable.result(output, assumed: list.version)
            return (document, result)
        }
    }

    /// DEL of every plugin whatever the others say; what failed.
    private func undo(_ steps: [Step], _ list: NetworkList, _ target: AttachmentTarget) -> [RuntimeError] {
        var faults: [RuntimeError] = []
        for step in steps.reversed() {
            collect(into: &faults) { () throws(RuntimeError) in _ = try execute(.delete, step, list, target, []) }
        }
        return faults
    }

    private func delete(
        _ list: NetworkList, _ target: AttachmentTarget, _ kept: CachedAttachment?
    ) throws(RuntimeError) {
        // Older plugins do not know prevResult in DEL.
        let additions = list.version >= .v0_4_0 ? kept.map { [("prevResult", $0.resultDocument)] } ?? [] : []
        for step in try steps(of: list).reversed() {
            _ = try execute(.delete, step, list, target, additions)
        }
        try about("network \(list.name)") { () throws(CNIError) in try cache.remove(network: list.name, target) }
    }

    private func execute(
        _ verb: Verb, _ step: Step, _ list: NetworkList, _ target: AttachmentTarget?, _ additions: [(String, JSONValue)]
    ) throws(RuntimeError) -> [UInt8] {
        let configuration = list.configuration(
            for: step.plugin, capabilityArguments: target?.capabilityArguments ?? JSONObject(), additions: additions)
        return try about(Self.subject(verb, step, list)) { () throws(CNIError) in
            try step.executable.execute(
                verb, configuration: configuration, environment: environment(target), isNamed: true)
        }
    }

    private static func subject(_ verb: Verb, _ step: Step, _ list: NetworkList) -> String {
        "network \(list.name): \(verb) of \(step.plugin.type)"
    }

    private func environment(_ target: AttachmentTarget?) -> [String] {
        var variables = ["CNI_PATH=\(settings.pluginPath.joined(separator: ":"))"]
        if let target {
            variables += [
                "CNI_CONTAINERID=\(target.containerID)", "CNI_NETNS=\(target.netns)", "CNI_IFNAME=\(target.ifname)",
                "CNI_ARGS=\(target.arguments.text)",
            ]
        }
        let own = ["CNI_COMMAND", "CNI_PATH", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS"]
        return settings.environment.filter { entry in !own.contains { entry.hasPrefix("\($0)=") } } + variables
    }

    /// Runs one of several things that are all tried.
    private func collect(into faults: inout [RuntimeError], _ body: () throws(RuntimeError) -> Void) {
        do throws(RuntimeError) { try body() } catch { faults.append(error) }
    }

    /// A kept attachment that cannot be read must not keep DEL from working: it counts as absent.
    private func readable(_ read: () throws(CNIError) -> CachedAttachment?) throws(CNIError) -> CachedAttachment? {
        do throws(CNIError) {
            return try read()
        } catch {
            if error.code == CNIError.Code.inputOutput { throw error }
            return nil
        }
    }
}

extension AttachmentTarget {
    /// Container and interface.
    public var id: Attachment.ID { Attachment.ID(containerID: containerID, ifname: ifname) }

    /// The target with what was asked for at ADD, where the caller does not say otherwise.
    func filled(from kept: CachedAttachment?) -> AttachmentTarget {
        guard let kept = kept?.target else { return self }
        return AttachmentTarget(
            containerID: containerID, ifname: ifname, netns: netns.isEmpty ? kept.netns : netns,
            arguments: arguments.pairs.isEmpty ? kept.arguments : arguments,
            capabilityArguments: capabilityArguments.isEmpty ? kept.capabilityArguments : capabilityArguments)
    }
}

extension Attachment.ID {
    /// As GC names it.
    fileprivate var json: JSONValue {
        .object(JSONObject([("containerID", .string(containerID)), ("ifname", .string(ifname))]))
    }
}
