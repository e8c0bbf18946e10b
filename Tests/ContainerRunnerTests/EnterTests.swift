import Foundation
import TestSupport
import Testing

/// Host tools inside: `enter` and `ns`.
@Suite(.needsKernel) struct EnterTests {
    /// Lends a host with a container "web" that runs on its bridge.
    static func withContainer(_ body: (RunningHost) throws -> Void) throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "web", "--hostname", "inside", "sleep", "600")
            try body(host)
            _ = try host.hawser("rm", "-f", "web")
            try host.expectNothingLeft()
        }
    }

    @Test("with -n alone the host's tools and files see the container's network")
    func networkOnly() throws {
        try Self.withContainer { host in
            try host.host.write("the host's", to: "/run/only-here")
            let script = "ip -4 -brief address show eth0; cat /run/only-here; hostname"
            let text = try host.hawser("enter", "-n", "web", "sh", "-c", script).text
            #expect(text.contains("10.77.0.2/24") && text.contains("the host's") && !text.contains("inside"))
        }
    }

    @Test("without a kind each namespace is joined: files, host name, processes and network are the container's")
    func all() throws {
        try Self.withContainer { host in
            let script = "hostname; test -e /run/hawser || echo none; for p in /proc/[0-9]*; do cat $p/comm; done"
            let words = try host.hawser("enter", "web", "sh", "-c", script).text.split(separator: "\n")
            #expect(words.prefix(2) == ["inside", "none"] && words.contains("sleep") && words.count < 8, "\(words)")
        }
    }

    @Test("each kind alone is the container's, and every other one stays the host's")
    func each() throws {
        try Self.withContainer { host in
            let inspected = try host.hawser("inspect", "web").text
            let match = try #require(inspected.firstMatch(of: /"pid": (\d+)/))
            let kinds = [("-u", "uts"), ("-i", "ipc"), ("-n", "net"), ("-C", "cgroup")]
            let script = "for k in \(kinds.map(\.1).joined(separator: " ")); do readlink /proc/$0/ns/$k; done"
            let here = try host.host.shell("sh -c '\(script)' self").split(separator: "\n")
            let theirs = try host.host.shell("sh -c '\(script)' \(match.output.1)").split(separator: "\n")
            for (option, kind) in kinds {
                let seen = try host.hawser("enter", option, String(match.output.1), "sh", "-c", script, "self").text
                    .split(separator: "\n")
                for (index, other) in kinds.map(\.1).enumerated() {
                    #expect(seen[index] == (other == kind ? theirs[index] : here[index]), "\(option): \(other)")
                }
            }
            // A process namespace changes numbers, with the host's /proc still mounted.
            let number = try host.hawser("enter", "-p", "web", "sh", "-c", "echo $$").text
            #expect((2..<100).contains(Int(number.dropLast()) ?? 0), "\(number)")
        }
    }

    @Test("a path is the one namespace it names, and asking for another kind says so")
    func byPath() throws {
        try RunningHost.with { host in
            try host.host.shell("ip netns add blue; ip -n blue link add v0 type veth peer name v1")
            let list = try host.hawser("enter", "/run/netns/blue", "ls", "/sys/class/net/..").text
            #expect(list.contains("net"))
            #expect(try host.hawser("enter", "-n", "/run/netns/blue", "ip", "-br", "link").text.contains("v0@v1"))
            let refused = try host.hawser("enter", "-m", "/run/netns/blue", "true", expecting: 125)
            #expect(refused.errorText.contains("\"/run/netns/blue\" is not a namespace of kind mnt: it is net"))
            let none = try host.hawser("enter", "/etc/passwd", "true", expecting: 125)
            #expect(none.errorText.contains("it is not a namespace"))
            try host.host.shell("ip netns del blue")
        }
    }

    @Test("the exit status is the program's, 127 when it is not there, and 1 for a container that is not")
    func statuses() throws {
        try Self.withContainer { host in
            _ = try host.hawser("enter", "-n", "web", "sh", "-c", "exit 7", expecting: 7)
            _ = try host.hawser("enter", "-p", "web", "sh", "-c", "kill -9 $$", expecting: 137)
            let absent = try host.hawser("enter", "web", "no-such-program", expecting: 127)
            #expect(absent.errorText.contains("cannot execute no-such-program inside: No such file"))
            _ = try host.hawser("enter", "wen", "true", expecting: 1)
            let gone = try host.hawser("enter", "4194304", "true", expecting: 125)
            #expect(gone.errorText.contains("No such process"), "\(gone)")
            let place = try host.hawser("enter", "-w", "/no/such", "web", "true", expecting: 125)
            #expect(place.errorText.contains("chdir /no/such"))
        }
    }

    @Test("a root and a working directory inside, and another user")
    func surroundings() throws {
        try Self.withContainer { host in
            let script = "pwd; id -u; id -g"
            let seen = try host.hawser("enter", "-w", "/usr", "-S", "7", "-G", "8", "web", "sh", "-c", script)
            #expect(seen.text == "/usr\n7\n8\n")
            // The container's files through its process's root, in the host's mount namespace.
            let name = try host.hawser("enter", "-n", "-r", "web", "cat", "/etc/hostname")
            #expect(name.text == "inside\n")
        }
    }

    @Test("a signal to hawser is for the program", arguments: ["-n", "-np"])
    func signals(kinds: String) throws {
        try Self.withContainer { host in
            try host.host.write("trap 'exit 33' TERM; echo ready; while :; do sleep 0.1; done", to: "/run/patient")
            let script = """
                \(RunningHost.hawser) enter \(kinds) web sh /run/patient > /run/said & hawser=$!
                until grep -q ready /run/said; do sleep 0.05; done
                kill -TERM $hawser; wait $hawser || echo $?
                """
            let status = try host.host.shell(script)
            #expect(status == "33\n")
        }
    }

    @Test("ns ls says who is in which namespace")
    func list() throws {
        try Self.withContainer { host in
            try host.host.shell("ip netns add blue")
            let text = try host.hawser("ns", "ls", "--json").text
            let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            let web = list.filter { ($0["containers"] as? [String]) == ["web"] && $0["host"] as? Bool == false }
            let kinds = Set(web.compactMap { $0["type"] as? String })
            #expect(kinds == ["mnt", "uts", "ipc", "net", "pid", "cgroup"])
            let ownNetwork = web.first { $0["type"] as? String == "net" }
            let network = try #require(ownNetwork)
            #expect(network["attachments"] as? [String] == ["bridge/eth0"])
            #expect((network["processes"] as? Int ?? 0) >= 2)
            let named = list.first { ($0["paths"] as? [String]) == ["/run/netns/blue"] }
            let blue = try #require(named)
            #expect(blue["processes"] as? Int == 0 && blue["pid"] is NSNull && blue["type"] as? String == "net")
            let table = try host.hawser("ns", "ls", "--type", "net").text
            #expect(table.contains("bridge/eth0") && table.contains("(this host)") && !table.contains("mnt"))
            _ = try host.hawser("ns", "ls", "--type", "network", expecting: 64)
            try host.host.shell("ip netns del blue")
        }
    }
}
