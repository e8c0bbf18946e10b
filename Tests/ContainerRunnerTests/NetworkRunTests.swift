import JSON
import TestSupport
import Testing

/// Containers on networks of the plugins under test.
@Suite(.needsKernel, .needsPlugins) struct NetworkRunTests {
    private static let server = ["busybox", "nc", "-ll", "-p", "80", "-e", "echo", "moored"]

    @Test("two containers on the bridge reach each other and their gateway, and leave nothing")
    func bridge() throws {
        try RunningHost.with { host in
            for name in ["a", "b"] { _ = try host.hawser("run", "-d", "--name", name, "sleep", "60") }
            let inspected = try JSONValue.parse(try host.hawser("inspect", "b").output)
            let network = inspected.array?.first?.object?["networks"]?.array?.first?.object
            let withPrefix = try #require(network?["addresses"]?.array?.first?.string)
            let address = withPrefix.prefix { $0 != "/" }
            for target in [String(address), "10.77.0.1"] {
                _ = try host.hawser("exec", "a", "ping", "-c", "1", "-W", "3", target)
            }
            #expect(try host.hawser("exec", "b", "cat", "/etc/hosts").text.hasSuffix("\(address)\tb\n"))
            #expect(try host.hawser("ps").text.contains("\(address)/24"))
            _ = try host.hawser("rm", "-f", "a", "b")
            try host.expectNothingLeft()
            let reserved = host.host.list("/var/lib/cni/networks/bridge").filter { $0.hasPrefix("10.") }
            #expect(reserved == [])
        }
    }

    @Test("a published port is reached through the host; taken ports are refused")
    func ports() throws {
        try RunningHost.with { host in
            let arguments = ["run", "-d", "--name", "web", "-p", "8080:80"] + Self.server
            try host.command(arguments).run().orThrow()
            try host.wait(for: "the server to listen") {
                try host.hawser("exec", "web", "ss", "-ltn").text.contains(":80 ")
            }
            for address in ["127.0.0.1", TestHost.uplinkAddress] {
                #expect(try host.host.shell("busybox nc -w 3 \(address) 8080 </dev/null") == "moored\n")
            }
            let second = try host.command(["run", "--rm", "-p", "8080:81", "true"]).run()
            #expect(second.ending == .exited(125) && second.errorText.contains("8080"), "\(second)")
            let listening =
                "busybox nc -l -p 9090 & n=0; until ss -ltn | grep -q :9090 || [ $n = 100 ]; do n=$((n+1)); done; "
            let refused = try host.host.command(
                "/bin/sh",
                [
                    "-c",
                    listening
                        + "HAWSER_PLUGIN_DIR=/nowhere \(RunningHost.hawser) run --rm -p 9090:80 true; s=$?; kill $!; exit $s",
                ]
            ).run()
            #expect(refused.ending == .exited(125) && refused.errorText.contains("9090"), "\(refused)")
            _ = try host.hawser("rm", "-f", "web")
            try host.expectNothingLeft()
        }
    }

    @Test("a detached container that ends by itself is released by its shim")
    func endsByItself() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--rm", "--name", "short", "true")
            try host.wait(for: "the shim to release it") { try host.hawser("ps", "-aq").text.isEmpty }
            try host.expectNothingLeft()
        }
    }

    @Test("hawser net attaches any namespace, checks it, and garbage collection keeps only what lives")
    func netVerbs() throws {
        try RunningHost.with { host in
            let container = try host.host.makeContainer("bare")
            let place = "/run/netns/bare"
            #expect(try host.hawser("net", "ls").text.contains("bridge,portmap"))
            _ = try host.hawser("net", "status", "bridge")
            #expect(
                try host.hawser("net", "add", "bridge", "--netns", place, "--ip", "10.77.0.50").text.contains("eth0"))
            #expect(try host.host.shell("ip -brief address show eth0", in: container).contains("10.77.0.50/24"))
            _ = try host.hawser("net", "check", "bridge", "--netns", place)
            #expect(try host.hawser("net", "gc", "bridge").text == "1 attachment kept\n")
            _ = try host.hawser("net", "del", "bridge", "--netns", place)
            _ = try host.hawser("net", "del", "bridge", "--netns", place)
            _ = try host.hawser("net", "check", "bridge", "--netns", place, expecting: 125)
            _ = try host.hawser("net", "add", "bridge", "--netns", place)
            try host.host.removeContainer(container)
            #expect(try host.hawser("net", "gc", "bridge").text.hasPrefix("0 attachments kept\n"))
            try host.expectNothingLeft()
        }
    }

    @Test("a running container gains a second interface, which its end releases")
    func secondInterface() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--rm", "--name", "a", "sleep", "60")
            #expect(try host.hawser("net", "add", "bridge", "a").text.contains("eth1"))
            #expect(try host.hawser("exec", "a", "ls", "/sys/class/net").text == "eth0\neth1\nlo\n")
            _ = try host.hawser("stop", "-t", "0", "a")
            try host.expectNothingLeft()
        }
    }

    @Test("after a flush of the rule set hawser net restore puts ports and masquerade back; gc leaves no table behind")
    func restore() throws {
        try RunningHost.with { host in
            for name in ["one", "two"] { _ = try host.host.makeContainer(name) }
            _ = try host.hawser("net", "add", "bridge", "--netns", "/run/netns/one", "-p", "8080:80")
            _ = try host.hawser("net", "add", "bridge", "--netns", "/run/netns/two")
            let before = try host.host.run("nft", "list", "ruleset")
            try host.host.run("nft", "flush", "ruleset")
            for _ in 0..<2 { #expect(try host.hawser("net", "restore").text == "2 attachments restored\n") }
            let after = try host.host.run("nft", "list", "ruleset")
            // Elements come in any order.
            let words = { (text: String) in text.split { ", {}\t\n".contains($0) }.sorted() }
            #expect(words(after) == words(before))
            for name in ["one", "two"] {
                _ = try host.hawser("net", "check", "bridge", "--netns", "/run/netns/\(name)")
                _ = try host.hawser("net", "del", "bridge", "--netns", "/run/netns/\(name)")
            }
            let said = try host.hawser("net", "gc", "bridge").text
            #expect(said.hasPrefix("0 attachments kept\n") && said.contains("removed table inet hawser"), "\(said)")
            #expect(try host.host.run("nft", "list", "ruleset") == "")
        }
    }
}
