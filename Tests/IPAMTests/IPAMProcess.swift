import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// For tests that execute the IPAM plugins under test.
    static var needsIPAMPlugins: Self {
        .enabled(
            if: PluginDirectory.underTest.has("host-local") || Privilege.isRequired,
            "needs the built plugins in \(PluginDirectory.underTest.path) (scripts/build, or HAWSER_PLUGIN_DIR)")
    }
}

/// An IPAM plugin as a runtime executes it.
///
/// It needs no namespace: it only looks at files.
struct IPAMProcess: Sendable {
    var plugin = "host-local"
    var suite = PluginDirectory.underTest
    /// HAWSER_STATE_DIR.
    let state: String
    var arguments = ""

    /// A CNI error as printed.
    struct Failure {
        let code: Int
        let message: String
        let details: String
    }

    func command(
        _ verb: PluginInvocation.Verb, _ containerID: String, _ configuration: Document, interface: String = "eth0"
    )
        -> Command
    {
        var environment = Command.defaultEnvironment
        environment["CNI_COMMAND"] = verb.rawValue
        environment["CNI_CONTAINERID"] = containerID
        environment["CNI_NETNS"] = "/run/netns/nowhere"
        environment["CNI_IFNAME"] = interface
        environment["CNI_PATH"] = suite.path
        environment["CNI_ARGS"] = arguments
        environment["HAWSER_STATE_DIR"] = state
        return Command(
            "\(suite.path)/\(plugin)", environment: environment, input: Array(configuration.description.utf8))
    }

    func run(
        _ verb: PluginInvocation.Verb, _ containerID: String, _ configuration: Document, interface: String = "eth0"
    )
        throws -> Finished
    {
        try command(verb, containerID, configuration, interface: interface).run()
    }

    /// The error of an execution that must fail: status 1 and one document.
    func failure(_ verb: PluginInvocation.Verb, _ containerID: String, _ configuration: Document) throws -> Failure {
        let finished = try run(verb, containerID, configuration)
        guard finished.ending == .exited(1) else { throw TestFailure("expected exit status 1: \(finished)") }
        let document = try Document(parsing: finished.output)
        return Failure(
            code: try #require(document["code"].integer), message: document["msg"].string ?? "",
            details: document["details"].string ?? "")
    }
}

extension Document {
    /// A network whose addresses come from host-local in `data`.
    static func network(
        _ data: String, version: String = "1.0.0", name: String = "net",
        ranges: Document = [[["subnet": "10.1.0.0/24"]]],
        more: [String: Document] = [:], beside: [String: Document] = [:]
    ) -> Document {
        var ipam: [String: Document] = ["type": "host-local", "dataDir": .string(data), "ranges": ranges]
        ipam.merge(more) { $1 }
        var network: [String: Document] = [
            "cniVersion": .string(version), "name": .string(name), "type": "bridge", "ipam": .object(ipam),
        ]
        network.merge(beside) { $1 }
        return .object(network)
    }

    /// The addresses of a result of version 0.3.0 or later.
    var addresses: [String] { self["ips"].elements.compactMap { $0["address"].string } }
}
