import TestSupport
import Testing

/// What comes from outside and is wrong: the code of docs/errors.md, one document, exit status 1, and nothing left.
@Suite(.needsKernel, .needsPlugins) struct BadInputTests {
    /// One wrong value: which plugin gets it, and what must be said.
    struct Case: CustomTestStringConvertible {
        let title: String
        let plugin: String
        let code: Int
        /// A word that the message or the details must hold: the key, the value, or the variable.
        let word: String
        var change: @Sendable (inout PluginInvocation, inout Document) -> Void
        var testDescription: String { title }

        /// A configuration key, as a path with dots, that has a wrong value.
        static func key(
            _ plugin: String, _ path: String, _ value: Document, _ code: Int, word: String? = nil
        ) -> Case {
            let parts = path.split(separator: ".").map(String.init)
            return Case(
                title: "\(plugin): \(path) = \("\(value)".prefix(60))", plugin: plugin, code: code,
                word: word ?? parts[parts.count - 1]
            ) { $1.set(parts[...], value) }
        }

        /// A variable of the environment that has a wrong value, or none.
        static func variable(_ plugin: String, _ name: String, _ value: String?, _ code: Int) -> Case {
            Case(
                title: "\(plugin): \(name)=\("\(value ?? "(unset)")".prefix(40))", plugin: plugin, code: code,
                word: name
            ) {
                $0.variables[name] = value; _ = $1
            }
        }
    }

    /// Cases that share a host.
    enum Table: CaseIterable {
        case types, values, environment

        var cases: [Case] {
            switch self {
            case .types: BadInputTests.types
            case .values: BadInputTests.values
            case .environment: BadInputTests.environment
            }
        }
    }

    static let types: [Case] = [
        .key("bridge", "bridge", 5, 6), .key("bridge", "isGateway", "yes", 6), .key("bridge", "isDefaultGateway", 1, 6),
        .key("bridge", "ipMasq", "true", 6), .key("bridge", "mtu", .array([]), 6), .key("bridge", "hairpinMode", 0, 6),
        .key("bridge", "promiscMode", "on", 6), .key("bridge", "vlan", "5", 6), .key("bridge", "vlanTrunk", "all", 6),
        .key("bridge", "ipam", "host-local", 6), .key("bridge", "ipam.type", 7, 6), .key("bridge", "dns", "1.1.1.1", 6),
        .key("bridge", "cniVersion", 1, 6), .key("bridge", "name", 1, 6), .key("bridge", "prevResult", 1, 6),
        .key("bridge", "runtimeConfig", "x", 6), .key("bridge", "ipam.ranges", "10.0.0.0/8", 6),
        .key("bridge", "ipam.routes", "0.0.0.0/0", 6), .key("bridge", "ipam.dataDir", 5, 6),
        .key("portmap", "runtimeConfig.portMappings", "8080:80", 6), .key("portmap", "snat", "yes", 6),
        .key("portmap", "conditionsV4", "x", 6), .key("tuning", "sysctl", .array([]), 6),
        .key("tuning", "mtu", "big", 6),
        .key("tuning", "promisc", 1, 6), .key("firewall", "ingressPolicy", 1, 6),
    ]

    static let values: [Case] = [
        .key("bridge", "name", .null, 7), .key("bridge", "name", "../x", 7), .key("bridge", "name", "a/b", 7),
        .key("bridge", "name", "\u{7}", 7), .key("bridge", "name", "", 7), .key("bridge", "name", "-dash", 7),
        .key("bridge", "mtu", -1, 7), .key("bridge", "mtu", 70000, 7), .key("bridge", "vlan", 4095, 7),
        .key("bridge", "vlan", -1, 7), .key("bridge", "ipMasqBackend", "pf", 7),
        .key("bridge", "bridge", "a-name-of-sixteen", 7), .key("bridge", "bridge", "a/b", 7),
        .key("bridge", "bridge", "..", 7), .key("bridge", "bridge", "a b", 7),
        .key("bridge", "cniVersion", "9.9.9", 1, word: "9.9.9"),
        .key("bridge", "cniVersion", "banana", 1, word: "banana"),
        .key("bridge", "ipam.type", "../host-local", 7),
        .key("bridge", "ipam.ranges", [[["subnet": "banana"]]], 7, word: "subnet"),
        .key("bridge", "ipam.ranges", [[["subnet": "10.88.0.1/16"]]], 7, word: "10.88.0.1/16"),
        .key("bridge", "ipam.ranges", [[["subnet": "10.88.0.0/31"]]], 7, word: "10.88.0.0/31"),
        .key(
            "bridge", "ipam.ranges", [[["subnet": "10.88.0.0/16"]], [["subnet": "10.88.128.0/17"]]], 7, word: "10.88"),
        .key("bridge", "ipam.ranges", [[["subnet": "10.88.0.0/16"], ["subnet": "fd00::/64"]]], 7, word: "IPv6"),
        .key("bridge", "ipam.ranges", [[["subnet": "10.88.0.0/16", "rangeStart": "10.89.0.1"]]], 7, word: "10.89.0.1"),
        .key(
            "bridge", "ipam.ranges",
            [[["subnet": "10.88.0.0/16", "rangeStart": "10.88.0.9", "rangeEnd": "10.88.0.3"]]], 7,
            word: "10.88.0"),
        .key("bridge", "ipam.ranges", .array([]), 7, word: "ranges"),
        .key("bridge", "ipam.routes", [["dst": "10.0.0.0"]], 7, word: "10.0.0.0"),
        .key("portmap", "runtimeConfig.portMappings", [["hostPort": 70000, "containerPort": 80]], 7, word: "70000"),
        .key("portmap", "runtimeConfig.portMappings", [["hostPort": -1, "containerPort": 80]], 7, word: "-1"),
        .key("portmap", "runtimeConfig.portMappings", [["hostPort": 80, "containerPort": 65536]], 7, word: "65536"),
        .key(
            "portmap", "runtimeConfig.portMappings", [["hostPort": 80, "containerPort": 80, "protocol": "icmp"]], 7,
            word: "icmp"),
        .key(
            "portmap", "runtimeConfig.portMappings", [["hostPort": 80, "containerPort": 80, "hostIP": "300.1.1.1"]], 7,
            word: "300.1.1.1"),
        .key("portmap", "backend", "pf", 7), .key("portmap", "conditionsV4", ["--frobnicate"], 7, word: "--frobnicate"),
        .key("tuning", "sysctl", ["kernel.panic": "1"], 7, word: "kernel.panic"),
        .key("tuning", "sysctl", ["net.ipv4/../../kernel/panic": "1"], 7, word: "panic"),
        .key("tuning", "sysctl", tooManySettings, 7, word: "1024"),
        .key("tuning", "mac", "zz:zz", 7), .key("tuning", "mtu", -5, 7),
        .key("firewall", "ingressPolicy", "sometimes", 7), .key("firewall", "cniVersion", "0.3.1", 1, word: "0.3.1"),
        .key("portmap", "prevResult", .null, 7), .key("firewall", "prevResult", .null, 7),
        .key("tuning", "prevResult", .null, 7),
    ]

    /// Took minutes when each was compared with each.
    static let tooManySettings = Document.object(
        Dictionary(uniqueKeysWithValues: (0..<50_000).map { ("net.setting\($0)", "1") }))
    static let long = String(repeating: "x", count: 300)
    static let environment: [Case] = ["bridge", "portmap", "tuning", "firewall", "loopback", "none"].flatMap { plugin in
        [
            Case.variable(plugin, "CNI_CONTAINERID", nil, 4), .variable(plugin, "CNI_CONTAINERID", "../x", 4),
            .variable(plugin, "CNI_CONTAINERID", "a\nb", 4), .variable(plugin, "CNI_CONTAINERID", "", 4),
            .variable(plugin, "CNI_IFNAME", nil, 4), .variable(plugin, "CNI_IFNAME", "..", 4),
            .variable(plugin, "CNI_IFNAME", "a/b", 4), .variable(plugin, "CNI_IFNAME", "sixteen-bytes-xx", 4),
            .variable(plugin, "CNI_IFNAME", long, 4), .variable(plugin, "CNI_NETNS", nil, 4),
            .variable(plugin, "CNI_NETNS", "/does/not/exist", 4), .variable(plugin, "CNI_NETNS", "/etc/passwd", 4),
            .variable(plugin, "CNI_NETNS", "/proc/self/ns/uts", 4), .variable(plugin, "CNI_COMMAND", "FROB", 4),
            .variable(plugin, "CNI_ARGS", "no-equals-sign", 4),
        ]
    }

    @Test(
        "a wrong type, value, name or variable is refused with its code, and nothing is left",
        arguments: Table.allCases)
    func refused(table: Table) throws {
        try withTestHost { host in
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let chain = Chain(Networks.podman(version: "1.0.0"), on: host)
            let result = try chain.add(attachment)
            let before = try host.snapshot(container)
            let other = try host.makeContainer("d")
            for wrong in table.cases {
                var configuration: Document = ["type": .string(wrong.plugin)]
                if let plugin = chain.plugins.first(where: { $0["type"].string == wrong.plugin }) {
                    configuration = plugin
                }
                let chained = ["portmap", "tuning", "firewall"].contains(wrong.plugin)
                let target = CNIAttachment(
                    chained ? container : other, capabilityArguments: Networks.mapping(host: 9090, container: 80))
                var invocation = chain.invocation(.add, configuration, target, previous: chained ? result : nil)
                var document = try Document(parsing: invocation.input)
                wrong.change(&invocation, &document)
                invocation.input = Array(document.description.utf8)
                let outcome = try invocation.run()
                let error = Result { try outcome.error() }
                guard case .success(let said) = error else {
                    Issue.record("\(wrong.title): \(outcome)")
                    if outcome.succeeded {
                        try chain.invocation(.delete, configuration, target).run().finished.orThrow()
                    }
                    continue
                }
                #expect(said.code == wrong.code, "\(wrong.title): \(said)")
                #expect(
                    (said.message + said.details).contains(wrong.word),
                    "\(wrong.title) must name \(wrong.word): \(said)")
            }
            let left = try host.snapshot(container).changes(since: before)
            #expect(left == [])
            let leftThere = try host.shell("ip -br link", in: other).split(separator: "\n").count
            #expect(leftThere == 1)
        }
    }

    @Test(
        "a configuration cut off at any byte, or with any byte broken, is refused without a trace",
        arguments: ["bridge", "portmap", "tuning", "firewall", "host-local", "loopback", "none", "host", "static"])
    func cutOff(plugin: String) throws {
        try withTestHost { host in
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let chain = Chain(Networks.podman(version: "1.0.0"), on: host)
            var configuration = chain.plugins.first { $0["type"].string == plugin } ?? ["type": .string(plugin)]
            if plugin == "host-local" || plugin == "static" { configuration = chain.plugins[0] }
            var invocation = chain.invocation(.add, configuration, attachment)
            invocation.plugin = plugin
            let whole = invocation.input
            let before = try host.snapshot(container)
            for end in 0..<whole.count {
                invocation.input = Array(whole.prefix(end))
                let error = try invocation.run().error()
                #expect(error.code == 6, "cut off at byte \(end): \(error)")
                // A control character is allowed nowhere, so every place is a place to refuse it.
                var broken = whole
                broken[end] = 0x01
                invocation.input = broken
                #expect(try invocation.run().error().code == 6, "byte \(end) broken")
            }
            invocation.input = whole + Array("{}".utf8)
            #expect(try invocation.run().error().code == 6, "a second document")
            let left = try host.snapshot(container).changes(since: before)
            #expect(left == [])
        }
    }

    @Test("a host port that is taken is refused, naming the owner, and the first keeps it") func portTaken() throws {
        try withTestHost { host in
            let chain = Chain(Networks.bridge(ports: true), on: host)
            let first = CNIAttachment(
                try host.makeContainer("first"), capabilityArguments: Networks.mapping(host: 8080, container: 80))
            let second = CNIAttachment(
                try host.makeContainer("second"), capabilityArguments: Networks.mapping(host: 8080, container: 81))
            try chain.add(first)
            let bridged = try chain.invocation(.add, chain.plugins[0], second).run().result()
            let before = try host.snapshot()
            let error = try chain.invocation(.add, chain.plugins[1], second, previous: bridged).run().error()
            #expect(error.code == 101)
            #expect((error.message + error.details).contains("first"), "\(error)")
            #expect((error.message + error.details).contains("8080"), "\(error)")
            let left = try host.snapshot().changes(since: before)
            #expect(left == [])
        }
    }
}

extension Document {
    // Sets the value at a path of keys, making objects on the way; null removes.
    fileprivate mutating func set(_ path: ArraySlice<String>, _ value: Document) {
        guard let key = path.first else { return self = value }
        var inner = self[key] == .null ? [:] : self[key]
        if path.count == 1 { inner = value } else { inner.set(path.dropFirst(), value) }
        self[key] = inner
    }
}
