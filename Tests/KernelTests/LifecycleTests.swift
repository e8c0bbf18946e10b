import TestSupport
import Testing

/// DEL, GC, STATUS and VERSION in all the states that a runtime can leave behind.
@Suite(.needsKernel, .needsPlugins) struct LifecycleTests {
    private static let list = Networks.bridge(
        subnet6: "fd00:88::/64", version: "1.1.0", ports: true,
        more: [["type": "firewall"], ["type": "tuning", "mtu": 1400, "promisc": true]])

    /// What happened between ADD and DEL.
    enum Accident: String, CaseIterable, CustomTestStringConvertible {
        case nothing = "with everything in place"
        case noNamespace = "with an empty CNI_NETNS"
        case unsetNamespace = "with no CNI_NETNS"
        case namespaceGone = "when the namespace is gone"
        case flushed = "after nft flush ruleset"
        case noBridge = "after the bridge was deleted"
        case noLink = "after the container's link was deleted"
        case noRecords = "after our records were lost"
        var testDescription: String { rawValue }
    }

    @Test("DEL leaves nothing, and succeeds again", arguments: Accident.allCases, [true, false])
    func delete(accident: Accident, keepsResult: Bool) throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let container = try host.makeContainer("c")
            var attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            // Another attachment stays: nothing of it may be touched.
            let staying = CNIAttachment(
                try host.makeContainer("stays"), capabilityArguments: Networks.mapping(host: 8081, container: 80))
            let stays = try chain.add(staying)
            try chain.delete(attachment, previous: chain.add(attachment))
            let before = try host.snapshot()
            let result = try chain.add(attachment)

            switch accident {
            case .nothing: break
            case .noNamespace: attachment.namespace = ""
            case .unsetNamespace: attachment.namespace = nil
            case .namespaceGone: try host.removeContainer(container)
            case .flushed: try host.run("nft", "flush", "ruleset")
            case .noBridge: try host.run("ip", "link", "delete", "br0")
            case .noLink: try host.run("ip", "link", "delete", "eth0", in: container)
            case .noRecords: try host.shell("rm -rf /var/lib/hawser/* /run/hawser/*")
            }
            let previous = keepsResult ? result : nil
            try chain.delete(attachment, previous: previous)
            try chain.delete(attachment, previous: previous)

            let changes = try host.snapshot().changes(since: before)
            switch accident {
            case .flushed:
                let added = changes.filter { $0.hasPrefix("+") }
                #expect(added == [])
            case .noBridge:
                // The port of the attachment that stays is listed anew, without its bridge: nothing else may change.
                let port = try #require(stays["interfaces"][1]["name"].string)
                let others = changes.filter { !$0.contains("\"ifname\":\"\(port)\"") && !$0.contains("br0") }
                #expect(others == [])
                let links = try Document(parsing: host.run("ip", "-j", "link", "show", "type", "veth")).elements
                let names = links.compactMap { $0["ifname"].string }
                #expect(names.sorted() == ["uplink", port])
            case .noRecords:
                let others = changes.filter { !$0.contains("var/lib/hawser") && !$0.contains("run/hawser") }
                #expect(others == [])
            default:
                #expect(changes == [])
                try chain.check(staying, previous: stays)
            }
        }
    }

    @Test("GC takes what its list does not name, and nothing of another network") func collectGarbage() throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            var other = chain
            other.list = Networks.bridge("other", bridge: "br1", subnet: "10.99.0.0/16", version: "1.1.0", ports: true)
            let containers = try (0..<4).map { try host.makeContainer("c\($0)") }
            let attachments = containers.enumerated().map {
                CNIAttachment($1, capabilityArguments: Networks.mapping(host: 8000 + $0, container: 80))
            }
            let kept = try chain.add(attachments[0])
            let elsewhere = try other.add(attachments[1])
            try chain.delete(attachments[2], previous: chain.add(attachments[2]))
            let before = try host.snapshot()
            try chain.add(attachments[2])
            try chain.add(attachments[3])
            try host.removeContainer(containers[3])
            try chain.collectGarbage(keeping: [attachments[0]])
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
            try chain.check(attachments[0], previous: kept)
            try other.check(attachments[1], previous: elsewhere)
            // The freed ports and addresses can be used again at once.
            let again = CNIAttachment(
                try host.makeContainer("again"), capabilityArguments: attachments[2].capabilityArguments)
            try chain.add(again)
        }
    }

    @Test("two interfaces of one container on one network are two attachments") func twoInterfaces() throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let container = try host.makeContainer("c")
            let first = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let second = CNIAttachment(
                container, interface: "eth1", capabilityArguments: Networks.mapping(host: 8081, container: 80))
            let result = try chain.add(first)
            let before = try host.snapshot()
            try chain.delete(second, previous: chain.add(second))
            try expectUnchanged(host, since: before)
            try chain.check(first, previous: result)
        }
    }

    @Test("an ADD that is refused because the interface is there, and the DEL after it, leave whose it is alone")
    func interfaceTaken() throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            var other = chain
            other.list = Networks.bridge("other", bridge: "br1", subnet: "10.99.0.0/16", version: "1.1.0", ports: true)
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let result = try chain.add(attachment)
            let before = try host.snapshot(container)
            let refused = try other.invocation(.add, other.plugins[0], attachment).run().error()
            #expect(refused.message.contains("eth0"))
            try other.delete(attachment)
            try other.delete(attachment)
            try chain.check(attachment, previous: result)
            let changes = try host.snapshot(container).changes(since: before)
            let others = changes.filter { !$0.contains("br1") && !$0.contains("/other") }
            #expect(others == [])
            try chain.delete(attachment, previous: result)
        }
    }

    @Test("STATUS is silent while addresses are left, and answers 50 when the pool is full") func status() throws {
        try withTestHost { host in
            let chain = Chain(Networks.bridge(subnet: "10.88.0.0/29", version: "1.1.0"), on: host)
            try chain.status()
            let containers = try (0..<5).map { try host.makeContainer("c\($0)") }
            for container in containers { try chain.add(CNIAttachment(container)) }
            #expect(try chain.invocation(.status, chain.plugins[0], nil).run().error().code == 50)
            let late = CNIAttachment(try host.makeContainer("late"))
            let before = try host.snapshot()
            #expect(try chain.invocation(.add, chain.plugins[0], late).run().error().code == 11)
            try expectUnchanged(host, since: before)
            try chain.delete(CNIAttachment(containers[0]))
            try chain.status()
        }
    }

    @Test(
        "VERSION lists what is supported, and needs neither network nor container",
        arguments: ["bridge", "none", "host", "loopback", "host-local", "static", "tuning", "portmap", "firewall"])
    func version(plugin: String) throws {
        try withTestHost { host in
            let answer = try PluginInvocation(.version, plugin, on: host, configuration: ["cniVersion": "0.4.0"]).run()
            let result = try answer.result()
            #expect(result["cniVersion"] == "1.1.0")
            let older: [Document] = plugin == "firewall" ? [] : ["0.1.0", "0.2.0", "0.3.0", "0.3.1"]
            #expect(result["supportedVersions"].elements == older + ["0.4.0", "1.0.0", "1.1.0"])

            var bare = PluginInvocation(.version, plugin, on: host, configuration: [:])
            bare.variables = [:]
            let about = try bare.run()
            #expect(about.succeeded)
            #expect(about.finished.output.isEmpty)
            #expect(!about.finished.errorOutput.isEmpty)
        }
    }

    @Test("no verb of any plugin needs more than 2.5 MB of memory") func memory() throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let attachment = CNIAttachment(
                try host.makeContainer("c"), capabilityArguments: Networks.mapping(host: 8080, container: 80))
            var previous: Document?
            func measure(_ verb: PluginInvocation.Verb, _ plugin: Document) throws -> PluginOutcome {
                let (outcome, trace) = try chain.invocation(verb, plugin, attachment, previous: previous).run(
                    with: .none)
                let title = "\(verb.rawValue) of \(plugin["type"]): \(trace.residentKilobytes) kB"
                #expect(outcome.succeeded, "\(title): \(outcome)")
                #expect((1...2560).contains(trace.residentKilobytes), "\(title)")
                return outcome
            }
            for plugin in chain.plugins { previous = try measure(.add, plugin).result() }
            for plugin in chain.plugins {
                for verb in [PluginInvocation.Verb.check, .status, .version] { _ = try measure(verb, plugin) }
            }
            for plugin in chain.plugins.reversed() { _ = try measure(.delete, plugin) }
        }
    }

    @Test(
        "CHECK finds what is missing, and says what",
        arguments: [
            ("ip address flush dev eth0 scope global", true), ("ip link delete eth0", true),
            ("ip route delete default", true),
            ("ip link set br0 down; ip link delete br0", false), ("nft flush ruleset", false),
            ("rm -f /var/lib/cni/networks/net/10.*", false),
        ])
    func checkFinds(damage: String, isInContainer: Bool) throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let result = try chain.add(attachment)
            try chain.check(attachment, previous: result)
            try host.shell(damage, in: isInContainer ? container : nil)
            let outcomes = try chain.plugins.map {
                try chain.invocation(.check, $0, attachment, previous: result).run()
            }
            let errors = outcomes.compactMap { try? $0.error() }
            #expect(!errors.isEmpty, "nothing noticed")
            for error in errors { #expect([3, 100, 103].contains(error.code), "\(error)") }
        }
    }

    @Test("the child that outlives a DEL holds no stream: a runtime that reads to the end is not kept waiting")
    func streamsAreClosed() throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let attachment = CNIAttachment(
                try host.makeContainer("c"), capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let result = try chain.add(attachment)
            for plugin in chain.plugins.reversed() {
                let invocation = chain.invocation(.delete, plugin, attachment, previous: result)
                let (running, output) = try invocation.command.startReading()
                let said = try output.read(deadline: Deadline(in: .seconds(10))) { _ in false }
                #expect(said == [])
                try running.finish().orThrow()
            }
        }
    }

    @Test(
        "DEL works for a runtime that closed the plugin's standard streams", arguments: ["1>&-", "2>&-", "1>&- 2>&-"])
    func streamsWereClosed(how: String) throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let attachment = CNIAttachment(
                try host.makeContainer("c"), capabilityArguments: Networks.mapping(host: 8080, container: 80))
            try chain.delete(attachment, previous: chain.add(attachment))
            let before = try host.snapshot()
            let result = try chain.add(attachment)
            for plugin in chain.plugins.reversed() {
                let whole = chain.invocation(.delete, plugin, attachment, previous: result).command
                // The plugin gives up waiting for the kernel after five seconds.
                let command = Command(
                    "/bin/sh", ["-c", "exec \(whole.path) \(how)"], environment: whole.environment,
                    input: whole.input, place: whole.place, timeout: .seconds(4))
                try command.run().orThrow()
            }
            #expect(try host.snapshot().changes(since: before) == [])
        }
    }
}
