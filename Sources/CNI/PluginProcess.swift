internal import JSON
public import LinuxSystem

/// The CNI protocol around a plugin: environment, standard input, dispatch, answer.
///
/// What it needs from the process is passed in, so that a test can be the runtime.
public struct PluginProcess {
    /// What the process prints and how it ends.
    public struct Answer: Hashable, Sendable {
        /// One JSON document, or nothing.
        public var output: [UInt8] = []
        /// Text for standard error.
        public var diagnostics = ""
        /// The exit status: 0, or 1 with an error document in `output`.
        public var status: CInt = 0
    }

    /// The environment as `NAME=value`.
    private let context: PluginContext
    /// Reads standard input up to a limit in bytes; EFBIG past it.
    private let readInput: (Int) throws(SystemError) -> [UInt8]
    /// Whether a path is the process's own network namespace.
    private let isOwnNamespace: (String) throws(SystemError) -> Bool

    /// A process in these surroundings.
    public init(
        environment: [String], readInput: @escaping (Int) throws(SystemError) -> [UInt8],
        isOwnNamespace: @escaping (String) throws(SystemError) -> Bool
    ) {
        context = PluginContext(environment: environment)
        self.readInput = readInput
        self.isOwnNamespace = isOwnNamespace
    }

    /// Does what the environment asks of `plugin`.
    public func run<P: Plugin>(_ plugin: P.Type) -> Answer {
        var answer = Answer()
        // An error document carries the version of the request as soon as that is known.
        var version = CNIVersion.newest
        do throws(CNIError) {
            try serve(plugin, &answer, &version)
        } catch {
            answer.output = error.json(version: version).encoded(.indented(4, sortedKeys: false))
            answer.status = 1
        }
        return answer
    }

    private func serve<P: Plugin>(
        _ plugin: P.Type, _ answer: inout Answer, _ version: inout CNIVersion
    ) throws(CNIError) {
        guard let command = context.variable("CNI_COMMAND"), !command.isEmpty else {
            answer.diagnostics = about(plugin)
            return
        }
        guard let verb = Verb(rawValue: command) else {
            throw .invalidEnvironment(
                "CNI_COMMAND: \(NameRules.quoted(command)) is not a verb of CNI \(CNIVersion.newest)")
        }
        if verb == .version {
            answer.output = versions(plugin)
            return
        }
        let variables = try PluginEnvironment(context, verb: verb, rule: plugin.namespaceRule)
        let text = try input()
        let keys = try NetworkConfiguration.keys(of: text)
        version = try NetworkConfiguration.version(of: keys)
        let supported = plugin.minimumVersion.andNewer
        guard version >= plugin.minimumVersion else {
            throw NetworkConfiguration.incompatible(version.description, supported: supported)
        }
        guard version >= verb.introduced else {
            throw .incompatibleVersion(
                "\(verb) needs cniVersion \(verb.introduced)",
                details:
                    "config is \(version), plugin supports \(supported.map { $0.description }.joined(separator: ", "))")
        }
        let configuration = try NetworkConfiguration(keys, version: version, text: text, for: verb)
        answer.warn(configuration.warning)
        if verb.concernsAttachment {
            let request = try variables.request(verb, configuration, context)
            answer.warn(variables.warning)
            try refuseOwnNamespace(request, rule: plugin.namespaceRule)
            try dispatch(plugin, request, &answer)
        } else {
            let request = NetworkRequest(verb: verb, configuration: configuration, context: context)
            let decoded = try plugin.decode(configuration, for: verb)
            if verb == .collectGarbage {
                try plugin.collectGarbage(request, decoded, keeping: try configuration.validAttachments())
            } else {
                try plugin.status(request, decoded)
            }
        }
    }

    private func dispatch<P: Plugin>(
        _ plugin: P.Type, _ request: AttachmentRequest, _ answer: inout Answer
    ) throws(CNIError) {
        let decoded = try plugin.decode(request.configuration, for: request.verb)
        switch request.verb {
        case .check: try plugin.check(request, decoded)
        case .delete: try plugin.delete(request, decoded)
        default:
            let result = try plugin.add(request, decoded)
            do throws(CNIError) {
                answer.output = try result.encoded(version: request.configuration.version)
            } catch {
                // The attachment exists and cannot be reported: it must not stay.
                try plugin.delete(request, decoded)
                throw error
            }
        }
    }

    private func input() throws(CNIError) -> [UInt8] {
        let limit = JSONLimits.default.bytes
        do throws(SystemError) {
            return try readInput(limit)
        } catch {
            if error.errno == .fileTooLarge {
                throw .decoding("the configuration on standard input has more than \(limit) bytes")
            }
            throw .inputOutput("cannot read the configuration from standard input", error)
        }
    }

    /// Refuses, before anything is done, to configure the namespace that the plugin itself runs in.
    private func refuseOwnNamespace(_ request: AttachmentRequest, rule: NamespaceRule) throws(CNIError) {
        let path = request.attachment.netns
        guard rule == .another, !path.isEmpty else { return }
        let isOwn: Bool
        do throws(SystemError) {
            isOwn = try isOwnNamespace(path)
        } catch {
            // DEL has to succeed after the namespace is gone.
            if request.verb == .delete { return }
            throw .invalidEnvironment(
                "CNI_NETNS: \(NameRules.quoted(path)) is not a network namespace", details: error.description)
        }
        guard isOwn, !isOverridden else { return }
        throw .invalidNamespace(
            "CNI_NETNS: \(NameRules.quoted(path)) is the plugin's own network namespace",
            details: "CNI_NETNS_OVERRIDE=1 allows it")
    }

    private var isOverridden: Bool {
        CNIArguments.boolean(context.variable("CNI_NETNS_OVERRIDE") ?? "") == true
    }

    private func about<P: Plugin>(_ plugin: P.Type) -> String {
        let versions = plugin.minimumVersion.andNewer.map { $0.description }.joined(separator: ", ")
        return "CNI \(plugin.name) plugin (Hawser): \(plugin.about)\nCNI protocol versions supported: \(versions)\n"
    }

    private func versions<P: Plugin>(_ plugin: P.Type) -> [UInt8] {
        let supported = plugin.minimumVersion.andNewer.map { JSONValue.string($0.description) }
        let document = JSONObject([
            ("cniVersion", .string(CNIVersion.newest.description)), ("supportedVersions", .array(supported)),
        ])
        return JSONValue.object(document).encoded() + [0x0A]
    }
}

extension PluginProcess.Answer {
    fileprivate mutating func warn(_ text: String) {
        if !text.isEmpty { diagnostics += text + "\n" }
    }
}
