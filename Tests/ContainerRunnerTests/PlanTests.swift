import CNI
import ContainerShim
import ControlGroups
import JSON
import LinuxSystem
import Testing

@testable import ContainerRunner

@Suite struct PlanTests {
    static let merged = HostRoot([
        HostRoot.Entry("usr", .directory(stacks: true)), HostRoot.Entry("bin", .link("usr/bin")),
        HostRoot.Entry("opt", .directory(stacks: true)), HostRoot.Entry("etc", .directory(stacks: false)),
    ])

    @Test("of the host's root only the allow-list is shown, links again as links")
    func allowList() {
        let steps = RootPlan.steps(RootPlan.Request(host: Self.merged))
        let trees = steps.compactMap { step -> String? in
            if case .tree(let source, let target, _, let readOnly) = step, source == target {
                return source + (readOnly ? " ro" : "")
            }
            return nil
        }
        #expect(trees == ["/usr", "/opt", "/etc ro"])
        #expect(steps.contains(.link("/bin", content: "usr/bin")))
        let sources = steps.compactMap { step -> String? in
            if case .bind(let source, _, _) = step, source.hasPrefix("/") { return source }
            return nil
        }
        #expect(sources.allSatisfy { $0.hasPrefix("/dev/") }, "binds of the host: \(sources)")
    }

    @Test("volumes come after what they may cover, masks after everything")
    func order() throws {
        let volume = VolumeMount(source: "/data", target: "/etc/data", readOnly: true)
        let steps = RootPlan.steps(RootPlan.Request(host: Self.merged, volumes: [volume]))
        let etc = try #require(steps.firstIndex(of: .tree(source: "/etc", target: "/etc", name: "etc", readOnly: true)))
        let data = try #require(
            steps.firstIndex(of: .bind(source: "/data", target: "/etc/data", flags: [.recursive, .readOnly])))
        let mask = try #require(steps.firstIndex(of: .mask("/proc/kcore")))
        #expect(etc < data && data < mask)
    }

    @Test("no device of the host but the harmless ones opens")
    func devices() {
        let steps = RootPlan.steps(RootPlan.Request(host: Self.merged))
        let nodes = steps.compactMap { step -> String? in
            if case .bind(let source, _, let flags) = step, flags.contains(.devices) { return source }
            return nil
        }
        #expect(nodes == ["null", "zero", "full", "random", "urandom", "tty"].map { "/dev/\($0)" })
    }

    @Test("a plan comes back from its file as it went in")
    func roundTrip() throws {
        var plan = LaunchPlan(command: ["sh", "-c", "echo \"ü\n\""], environment: ["A=b=c", "E="])
        plan.workingDirectory = "/tmp"
        plan.user = LaunchPlan.User(user: 1000, group: 100, supplementary: [29, 4_294_967_294])
        plan.capabilities = Capabilities.standard.rawValue | 1 << 63
        plan.noNewPrivileges = false
        plan.terminal = true
        plan.terminalSize = Terminal.Size(rows: 24, columns: 80)
        plan.hostname = "box"
        plan.network = .join("/proc/1/ns/net")
        plan.privateInMemory = "50%"
        plan.controlGroup = "/sys/fs/cgroup/hawser/x"
        plan.outOfMemoryEvents = "/sys/fs/cgroup/hawser/x/memory.events"
        plan.steps = RootPlan.steps(
            RootPlan.Request(
                host: Self.merged, volumes: [VolumeMount(source: "/a b", target: "/c", readOnly: false)]))
        let json = try JSONValue.parse(plan.json.encoded())
        #expect(try LaunchPlan(json) == plan)
    }

    @Test("a plan that lacks a member, or has another type there, is refused by name")
    func damagedPlans() throws {
        let whole = try #require(LaunchPlan(command: ["true"], environment: []).json.object)
        for key in whole.keys {
            var damaged = whole
            damaged.remove(key)
            #expect(throws: RecordError.self, "without \(key)") { try LaunchPlan(.object(damaged)) }
            damaged = whole
            damaged[key] = .object(JSONObject())
            #expect(throws: RecordError.self, "\(key) as an object") { try LaunchPlan(.object(damaged)) }
        }
    }

    @Test("what was asked for comes back from config.json")
    func specificationRoundTrip() throws {
        var asked = ContainerSpecification(
            id: ContainerStore.newID(), name: "web", command: ["sleep", "1"], createdAt: 5)
        asked.environment = ["A=1"]
        asked.hostname = "web"
        asked.user.user = 7
        asked.user.supplementary = [8]
        asked.volumes = [VolumeMount(source: "/a", target: "/b", readOnly: true)]
        asked.network = .networks(["a", "b"])
        asked.ports = [try PortMapping("[::1]:1-2:3-4/udp")]
        asked.limits.resources.processes = 5
        asked.limits.oomScoreAdjustment = -7
        asked.removeAtEnd = true
        asked.life.restart = .onFailure(limit: 2)
        asked.life.log.driver = .json
        asked.life.log.maximumSize = 7
        asked.life.log.maximumFiles = 3
        asked.life.labels = ["a=b"]
        asked.life.stopSignal = .quit
        asked.life.stopTimeout = -1
        asked.life.keepsInputOpen = true
        #expect(try ContainerSpecification(JSONValue.parse(asked.json.encoded()), path: "x") == asked)
    }

    @Test("hosts names the loopback and each address of the container")
    func hosts() {
        let text = ContainerFiles.hosts(hostname: "web", addresses: ["10.0.0.2", "2001:db8::2"])
        #expect(text.contains("127.0.0.1\tlocalhost\n"))
        #expect(text.hasSuffix("10.0.0.2\tweb\n2001:db8::2\tweb\n"))
    }

    @Test("a resolver at the host's loopback is replaced by the one behind it; search lines stay")
    func resolver() {
        let stub = "search example.org\nnameserver 127.0.0.53\noptions edns0\n"
        let upstream = "nameserver 192.0.2.1\n"
        func text(_ host: String?, _ own: Bool, _ networks: [CNIResult.DNS] = []) -> String {
            ContainerFiles.resolver(host: host, upstream: upstream, ownNamespace: own, networks: networks)
        }
        #expect(text(stub, true) == upstream)
        #expect(text(stub, false) == stub)
        #expect(text("nameserver 192.0.2.9\nnameserver ::1\n", true) == "nameserver 192.0.2.9\n")
        #expect(
            ContainerFiles.resolver(host: stub, upstream: nil, ownNamespace: true, networks: [])
                == "search example.org\noptions edns0\n")
        let given = CNIResult.DNS(nameservers: ["10.1.0.1"], domain: "a", search: ["b", "c"], options: ["ndots:2"])
        #expect(text(stub, true, [given]) == "nameserver 10.1.0.1\ndomain a\nsearch b c\noptions ndots:2\n")
        #expect(text(nil, true) == "")
    }

    @Test("a line of the log is read back with its time, stream and end")
    func logLines() {
        func entry(_ line: String) -> ContainerLog.Entry? { LogFormat.lines.entry(Array(line.utf8)[...]) }
        #expect(entry("T stdout F a b ") == ContainerLog.Entry(time: "T", isError: false, bytes: Array("a b \n".utf8)))
        #expect(entry("T stderr P x") == ContainerLog.Entry(time: "T", isError: true, bytes: Array("x".utf8)))
        #expect(entry("T stdout F ")?.bytes == Array("\n".utf8))
        #expect(entry("broken") == nil)
    }

    @Test(
        "times are written as RFC 3339 writes them",
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
        ])
    func timestamps(_ nanoseconds: Int64, _ text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).description == text)
    }
}
