internal import Addressing
internal import ArgumentParser
internal import CNI
internal import CNIRuntime
internal import ContainerRunner
internal import JSON
internal import LinuxSystem
internal import PluginFirewall
internal import PluginKit

/// `hawser net`.
struct NetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "net", abstract: "Networks, and attaching any namespace to them.",
        subcommands: [
            NetList.self, NetAdd.self, NetCheck.self, NetDelete.self, NetGC.self, NetStatus.self, NetRestore.self,
        ])
}

/// Which network a verb is about.
struct NetworkOptions: ParsableArguments {
    @Argument(help: "The network's name.", completion: Completions.networks)
    var network: String

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func tool() -> NetworkTool { NetworkTool(places.paths()) }
}

/// Which namespace a verb is about, and what it asks for.
struct TargetOptions: ParsableArguments {
    @OptionGroup var options: NetworkOptions

    @Argument(help: "A container of ours, by name or id.", completion: Completions.running)
    var container: String?

    @Option(help: "The path of a network namespace.", completion: .file())
    var netns: String?

    @Option(help: "A process: the network namespace it lives in.")
    var pid: Int32?

    @Option(help: "The interface inside. [eth0; for a container the first that is free]")
    var ifname: String?

    var network: String { options.network }

    func tool() -> NetworkTool { options.tool() }

    func validate() throws { _ = try target() }

    func target() throws -> NamespaceTarget {
        switch (container, netns, pid) {
        case (let name?, nil, nil): .container(name)
        case (nil, let path?, nil): .path(path)
        case (nil, nil, let process?): .process(process)
        default: throw ValidationError("exactly one of CONTAINER, --netns PATH and --pid N says where")
        }
    }

    func wishes() -> AttachmentWishes {
        var wishes = AttachmentWishes()
        wishes.interface = ifname
        return wishes
    }
}

/// `hawser net add`.
struct NetAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Attach a namespace to a network: ADD of each of its plugins.",
        usage: "hawser net add [OPTIONS] NETWORK (CONTAINER | --netns PATH | --pid N)")

    @Option(name: .shortAndLong, help: "Publish ports, as run does.")
    var publish: [String] = []

    @Option(help: "The address to have, where the network lets one choose.")
    var ip: String?

    @Option(help: "The link-layer address to have.")
    var mac: String?

    @Flag(help: "Print the plugins' result as JSON.")
    var json = false

    @OptionGroup var options: TargetOptions

    func run() throws {
        var wishes = options.wishes()
        wishes.ports = try publish.map { try PortMapping($0) }
        wishes.address = ip
        wishes.mac = mac
        let result = try options.tool().add(options.network, to: try options.target(), wishes)
        if json {
            try writeLine(try result.json(version: .newest).text(.indented(4, sortedKeys: true)))
        } else {
            try writeLine(Self.summary(result))
        }
    }

    /// The interfaces inside and their addresses, a line each.
    private static func summary(_ result: CNIResult) -> String {
        var table = TextTable(["INTERFACE", "MAC", "ADDRESSES", "GATEWAY"])
        for (index, interface) in result.interfaces.enumerated() where !interface.sandbox.isEmpty {
            let addresses = result.addresses.filter { $0.interface == index }
            table.add([
                interface.name, interface.mac, addresses.map { $0.address.description }.joined(separator: ","),
                addresses.compactMap { $0.gateway?.description }.joined(separator: ","),
            ])
        }
        return table.text
    }
}

/// `hawser net del`.
struct NetDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del", abstract: "Detach a namespace: DEL of each plugin. Content when nothing is attached.",
        usage: "hawser net del [--ifname NAME] NETWORK (CONTAINER | --netns PATH | --pid N)")

    @OptionGroup var options: TargetOptions

    func run() throws {
        try options.tool()
            .delete(options.network, from: try options.target(), options.wishes())
    }
}

/// `hawser net check`.
struct NetCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify an attachment: CHECK of each plugin.",
        usage: "hawser net check [--ifname NAME] NETWORK (CONTAINER | --netns PATH | --pid N)")

    @OptionGroup var options: TargetOptions

    func run() throws {
        try options.tool().check(options.network, try options.target(), options.wishes())
    }
}

/// `hawser net ls`.
struct NetList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the configured networks and their attachments.",
        usage: "hawser net ls [--json]")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let tool = NetworkTool(places.paths())
        let (entries, faults) = try tool.networks()
        for fault in faults { StandardStreams.writeError("hawser: note: \(fault)\n") }
        let attachments = try tool.attachments(of: nil)
        if json {
            let rows = entries.map { entry in
                JSONValue.object(
                    JSONObject([
                        ("name", .string(entry.list.name)), ("cniVersion", .string(entry.list.version.description)),
                        ("plugins", .array(entry.list.plugins.map { .string($0.type) })),
                        ("file", .string(entry.path)),
                        (
                            "attachments",
                            .array(attachments.filter { $0.network == entry.list.name }.map(Self.json))
                        ),
                    ]))
            }
            return try writeLine(JSONValue.array(rows).text(.indented(4, sortedKeys: false)))
        }
        var table = TextTable(["NETWORK", "VERSION", "ATTACHMENTS", "PLUGINS", "FILE"])
        for entry in entries {
            table.add([
                entry.list.name, entry.list.version.description,
                String(attachments.count { $0.network == entry.list.name }),
                entry.list.plugins.map(\.type).joined(separator: ","), entry.path,
            ])
        }
        try writeLine(table.text)
    }

    private static func json(_ attachment: CachedAttachment) -> JSONValue {
        .object(
            JSONObject([
                ("containerID", .string(attachment.target.containerID)),
                ("interface", .string(attachment.target.ifname)), ("netns", .string(attachment.target.netns)),
            ]))
    }
}

/// `hawser net gc`.
struct NetGC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract:
            "Remove what belongs to no running container and no namespace that is still there; of the packet filter, "
            + "also what all networks share and none needs.",
        usage: "hawser net gc NETWORK")

    @OptionGroup var options: NetworkOptions

    func run() throws {
        let kept = try options.tool().collectGarbage(options.network)
        try writeLine("\(kept) attachment\(kept == 1 ? "" : "s") kept")
        let paths = options.places.paths()
        let network = options.network
        var removed: [String] = []
        try withPortsHeld(StateDirectories(state: paths.stateDirectory, run: paths.runDirectory)) {
            (firewall) throws(FirewallError) in
            if kept == 0 { try firewall.removeShared(network: network) }
            removed = try firewall.removeUnused()
        }
        for name in removed { try writeLine("removed \(name)") }
    }
}

/// `hawser net status`.
struct NetStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Ask the plugins whether an attachment would succeed.",
        usage: "hawser net status NETWORK")

    @OptionGroup var options: NetworkOptions

    func run() throws {
        try options.tool().status(options.network)
        try writeLine("\(options.network) is ready")
    }
}
