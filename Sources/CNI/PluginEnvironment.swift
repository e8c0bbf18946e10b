/// The CNI variables of a plugin's environment: which verb needs which, and what they may look like.
struct PluginEnvironment {
    /// A variable, the verbs that need it, and how to read it.
    private struct Rule {
        let name: String
        let requiredBy: [Verb]
    }

    private static let rules = [
        Rule(name: "CNI_CONTAINERID", requiredBy: [.add, .check, .delete]),
        Rule(name: "CNI_NETNS", requiredBy: [.add, .check]),
        Rule(name: "CNI_IFNAME", requiredBy: [.add, .check, .delete]),
    ]

    let containerID: String
    let ifname: String
    let netns: String
    let arguments: CNIArguments
    /// What was passed over for the sake of DEL; usually empty.
    let warning: String

    /// Reads the variables that `verb` needs; code 4 names all that are missing at once.
    init(_ context: PluginContext, verb: Verb, rule: NamespaceRule) throws(CNIError) {
        var missing: [String] = []
        for variable in Self.rules where variable.requiredBy.contains(verb) {
            if variable.name == "CNI_NETNS", rule == .judgedByPlugin { continue }
            if (context.variable(variable.name) ?? "").isEmpty { missing.append(variable.name) }
        }
        guard missing.isEmpty else {
            throw .invalidEnvironment("\(verb) needs environment variables: \(missing.joined(separator: ", "))")
        }
        containerID = context.variable("CNI_CONTAINERID") ?? ""
        ifname = context.variable("CNI_IFNAME") ?? ""
        netns = context.variable("CNI_NETNS") ?? ""
        if verb.concernsAttachment {
            try NameRules.checkContainerID(containerID)
            try NameRules.checkInterface(ifname)
            try NameRules.checkNamespacePath(netns)
        }
        (arguments, warning) = try Self.arguments(context.variable("CNI_ARGS") ?? "", verb: verb)
    }

    /// The request about the attachment that the variables name.
    func request(
        _ verb: Verb, _ configuration: NetworkConfiguration, _ context: PluginContext
    ) throws(CNIError) -> AttachmentRequest {
        let attachment = try Attachment(
            network: configuration.name, containerID: containerID, ifname: ifname, netns: netns)
        return AttachmentRequest(
            verb: verb, attachment: attachment, configuration: configuration, arguments: arguments, context: context)
    }

    private static func arguments(_ text: String, verb: Verb) throws(CNIError) -> (CNIArguments, String) {
        do throws(CNIError) {
            return (try CNIArguments(text), "")
        } catch {
            // A detached container does not need its arguments.
            guard verb == .delete else { throw error }
            return (CNIArguments(), "CNI_ARGS is ignored: \(error)")
        }
    }
}
