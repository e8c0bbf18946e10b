import Foundation
import TestSupport
import Testing

/// What killed processes leave, and `gc`, which takes it away; `doctor`, which says so.
@Suite(.needsKernel, .serialized) struct CollectionTests {
    /// The processes of a container by their JSON keys.
    static func process(_ key: String, of name: String, _ host: RunningHost) throws -> Int {
        let text = try host.hawser("inspect", name).text
        let list = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        let state = try #require(list?.first?["state"] as? [String: Any])
        return try #require(state[key] as? Int)
    }

    static func leaks(_ host: RunningHost) throws -> [[String: Any]] {
        let finished = try host.command(["gc", "--dry-run", "--json"]).run().orThrow()
        return try JSONSerialization.jsonObject(with: Data(finished.text.utf8)) as? [[String: Any]] ?? []
    }

    @Test("a host on which nothing is left over is healthy")
    func healthy() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "web", "-p", "8080:80", "sleep", "600")
            let doctor = try host.hawser("doctor").text
            #expect(doctor.contains("nothing is left over"))
            #expect(try host.hawser("gc").text == "")
            // What runs is not touched.
            let address = try host.hawser("exec", "web", "ip", "-br", "address", "show", "eth0").text
            #expect(address.contains("10.77.0.2/24"))
            _ = try host.hawser("rm", "-f", "web")
            try host.expectNothingLeft()
        }
    }

    @Test(
        "after kill -9 of the shim and the command everything but the container's files is taken away",
        arguments: [true, false])
    func shimKilled(removing: Bool) throws {
        try RunningHost.with { host in
            let options =
                ["run", "-d", "--name", "web", "-p", "8080:80"] + (removing ? ["--rm"] : []) + ["sleep", "600"]
            _ = try host.command(options).run().orThrow()
            let shim = try Self.process("shimPid", of: "web", host)
            let first = try Self.process("pid", of: "web", host)
            try host.host.shell(
                "kill -9 \(shim); while kill -0 \(first) 2>/dev/null; do kill -9 \(first); sleep 0.05; done")
            let found = try Self.leaks(host)
            let kinds = Set(found.compactMap { $0["kind"] as? String })
            #expect(kinds.isSuperset(of: ["run directory", "address", "element", "record", "attachment"]), "\(found)")
            #expect(kinds.contains("container") == removing)
            let sick = try host.command(["doctor", "--json"]).run()
            #expect(sick.ending == .exited(1) && sick.text.contains("\"leaks\": ["))
            let told = try host.hawser("gc").text
            #expect(told.contains("removed address bridge 10.77.0.2"))
            #expect(try Self.leaks(host).isEmpty)
            #expect(try host.hawser("gc").text == "")
            if !removing {
                #expect(try host.hawser("ps", "-a").text.contains("web"))
                _ = try host.hawser("rm", "web")
            }
            try host.expectNothingLeft()
            _ = try host.hawser("doctor")
        }
    }

    @Test("names, half-made directories and records of nobody go; the container beside them stays")
    func files() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sleep", "600")
            let id = String(repeating: "ab", count: 16)
            try host.host.shell(
                """
                mkdir -p /var/lib/hawser/containers/\(id)/files /run/hawser/containers/\(id)x
                printf %s 0123456789abcdef0123456789abcdef > /var/lib/hawser/names/ghost
                mkdir -p /var/lib/cni/networks/bridge; printf 'gone\\r\\neth0' > /var/lib/cni/networks/bridge/10.77.0.9
                """)
            let kinds = try Self.leaks(host).compactMap { $0["kind"] as? String }
            #expect(Set(kinds) == ["container", "run directory", "name", "address"] && kinds.count == 4, "\(kinds)")
            let told = try host.hawser("gc").text.split(separator: "\n")
            #expect(told.count == 4, "\(told)")
            #expect(host.host.list("/var/lib/hawser/containers").count == 1)
            let names = host.host.list("/var/lib/hawser/names").filter { $0 != ".lock" }
            #expect(names == ["box"])
            #expect(try host.hawser("ps", "-q").text.isEmpty == false)
            _ = try host.hawser("rm", "-f", "box")
            try host.expectNothingLeft()
        }
    }

    @Test("the doctor names what is missing, why, and what to do")
    func findings() throws {
        try RunningHost.with { host in
            try host.host.write("{", to: "/etc/cni/net.d/20-broken.conflist")
            try host.host.shell(
                "nft add table inet wall; nft 'add chain inet wall f { type filter hook forward priority 0; policy drop; }'"
            )
            let text = try host.hawser("doctor", "--json").text
            let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let findings = try #require(document["findings"] as? [[String: String]])
            func finding(_ subject: String) -> [String: String] { findings.first { $0["subject"] == subject } ?? [:] }
            #expect(finding("networks")["reason"]?.contains("20-broken.conflist") == true)
            #expect(finding("other firewalls")["reason"]?.contains("inet wall f drops") == true)
            #expect(finding("other firewalls")["remedy"]?.hasPrefix("nft insert rule inet wall f") == true)
            #expect(finding("nf_tables")["state"] == "ok" && finding("seccomp")["state"] == "ok")
            #expect(finding("network bridge")["state"] == "ok" && finding("mnt namespaces")["state"] == "ok")
            #expect(finding("limit --kernel-memory")["state"] == "limited")
            let states = Set(findings.compactMap { $0["state"] })
            #expect(states.isSubset(of: ["ok", "limited", "missing"]))
        }
    }
}
