import Foundation
import TestSupport
import Testing

/// kill -9 at one system call after the other: of the command, of the shim, of the container's making.
///
/// strace kills; what is left then, `gc` must take away.
@Suite(.needsKernel, .needsPrograms("strace"), .serialized) struct CrashTests {
    static let container = ["run", "-d", "--name", "web", "-p", "8080:80", "sleep", "600"]

    /// How strace ends a program instead of its n-th system call.
    static func killing(at position: Int) -> [String] {
        ["/usr/bin/strace", "-o", "/dev/null", "-e", "inject=all:signal=KILL:when=\(position)"]
    }

    /// Positions from the first system call that is about containers to the last.
    static func positions(_ trace: String, about word: String, count: Int) throws -> [Int] {
        let lines = trace.split(separator: "\n")
        let begin = try #require(lines.firstIndex { $0.contains(word) }) + 1
        let step = max(1, (lines.count - begin) / count)
        return Array(stride(from: begin, through: lines.count, by: step))
    }

    /// Collects what was left, and sees that nothing is held by anybody who does not live.
    static func collect(_ host: RunningHost, _ what: String) throws {
        // A shim that has just lost its command may still be releasing: the collection leaves it alone.
        try host.wait(for: "the collection after \(what)") {
            let ended = try host.command(["gc"]).run()
            let left = try host.command(["gc", "--dry-run"]).run().text
            let shims = try host.host.shell("pgrep -c hawser-shim || true")
            return try ended.succeeded && left == "nothing is left over\n" && shims == running(host)
        }
        if try running(host) == "0\n" { try host.expectNothingHeld() }
        for id in try host.hawser("ps", "-aq").text.split(separator: "\n") {
            _ = try host.hawser("rm", "-f", String(id))
        }
        try host.expectNothingLeft()
        #expect(try host.command(["doctor"]).run().succeeded, "after \(what)")
    }

    /// How many containers run, as pgrep would say it.
    static func running(_ host: RunningHost) throws -> String {
        "\(try host.hawser("ps", "-q").text.split(separator: "\n").count)\n"
    }

    @Test("the command, killed at each of its steps")
    func command() throws {
        try RunningHost.with { host in
            let traced = try host.command(Self.container, startedBy: ["/usr/bin/strace", "-o", "/run/trace"]).run()
            #expect(traced.succeeded, "\(traced)")
            let trace = try host.host.shell("cat /run/trace")
            _ = try host.hawser("rm", "-f", "web")
            for position in try Self.positions(trace, about: "/var/lib/hawser", count: 24) {
                let killed = try host.command(Self.container, startedBy: Self.killing(at: position)).run()
                #expect(killed.ending != .timedOut, "\(position): \(killed)")
                try Self.collect(host, "system call \(position) of the command")
            }
        }
    }

    @Test("the shim and the process that becomes the container, killed at each of their steps")
    func shim() throws {
        try RunningHost.with(shim: "/run/shim") { host in
            let build = RunningHost.hawser.split(separator: "/").dropLast().joined(separator: "/")
            func wrap(_ line: [String]) throws {
                let text = "#!/bin/sh\nexec \(line.joined(separator: " ")) /\(build)/hawser-shim \"$@\"\n"
                try host.host.write(text, to: "/run/shim")
                try host.host.shell("chmod 755 /run/shim")
            }
            try wrap(["/usr/bin/strace", "-f", "-o", "/run/trace"])
            let traced = try host.command(Self.container).run()
            #expect(traced.succeeded, "\(traced)")
            let trace = try host.host.shell("cat /run/trace")
            _ = try host.hawser("rm", "-f", "web")
            // Each process counts its own calls: the longest tells how far it goes.
            let processes = Dictionary(grouping: trace.split(separator: "\n")) { $0.split(separator: " ").first }
            let most = processes.values.map(\.count).max() ?? 0
            #expect(most > 50)
            for position in stride(from: 10, through: most, by: max(1, most / 24)) {
                try wrap(["/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "inject=all:signal=KILL:when=\(position)"])
                let killed = try host.command(Self.container).run()
                #expect(killed.ending != .timedOut, "\(position): \(killed)")
                try Self.collect(host, "system call \(position) of the shim")
            }
        }
    }

    @Test("200 starts and stops leave nothing, also beside a collection that never rests")
    func many() throws {
        try RunningHost.with { host in
            let script = """
                gc() { while [ ! -e /run/done ]; do \(RunningHost.hawser) gc || exit 1; done; }
                gc > /run/collected 2>&1 & collector=$!
                for turn in $(seq 25); do
                    for name in a b c d; do
                        \(RunningHost.hawser) run --rm --name $name --network none true || echo "none $name" &
                        \(RunningHost.hawser) run --rm --name ${name}x true || echo "bridge $name" &
                    done
                    wait $(jobs -p | grep -v $collector)
                done
                touch /run/done; wait $collector || echo "the collector failed: $(cat /run/collected)"
                """
            var command = host.host.command("/bin/bash", ["-c", script], environment: host.command([]).environment)
            command.timeout = .seconds(500)
            let said = try command.run()
            let complaints = said.errorText.split(separator: "\n").filter { !$0.hasPrefix("hawser: note: ") }
            #expect(said.text == "" && complaints.isEmpty, "\(said.text) \(complaints)")
            try host.expectNothingLeft()
            #expect(try host.command(["doctor"]).run().succeeded)
        }
    }
}
