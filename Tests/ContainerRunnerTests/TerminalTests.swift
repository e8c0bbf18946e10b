import Glibc
import TestSupport
import Testing

/// Containers at a terminal, and signals that are meant for them.
@Suite(.needsKernel, .needsPrograms("setsid")) struct TerminalTests {
    /// Says what interrupts it, and how large its terminal is whenever that changes.
    private static let attentive = """
        trap 'echo interrupted; exit 4' INT; trap 'echo now $(stty size)' WINCH
        echo size $(stty size); echo ready; while :; do sleep 0.05; done
        """

    @Test("the terminal inside is as large as the person's, follows it, and takes its keys")
    func size() throws {
        try RunningHost.with { host in
            let terminal = try PseudoTerminal()
            let modes = terminal.modes
            let running = try host.start(
                "run", "--rm", "-it", "--network", "none", "sh", "-c", Self.attentive, at: terminal)
            #expect(try terminal.wait(for: "ready").contains("size 24 80"))
            try terminal.resize(rows: 50, columns: 132)
            try terminal.wait(for: "now 50 132")
            #expect(terminal.modes != modes, "each key has to reach the command")
            try terminal.type("\u{3}")
            try terminal.wait(for: "interrupted")
            #expect(try running.finish().ending == .exited(4))
            #expect(terminal.modes == modes)
            try host.expectNothingLeft()
        }
    }

    @Test("a shell at a terminal reads lines, ends at Ctrl-D, and passes on its status")
    func shell() throws {
        try RunningHost.with { host in
            let terminal = try PseudoTerminal()
            let running = try host.start("run", "--rm", "-it", "--network", "none", "sh", at: terminal)
            try terminal.wait(for: "# ")
            try terminal.type("tty; echo $((6 * 7)); cat; (exit 9)\r")
            #expect(try terminal.wait(for: "42\r\n").contains("/dev/pts/0\r\n"))
            try terminal.type("typed\r")
            try terminal.wait(for: "typed\r\ntyped\r\n")
            try terminal.type("\u{4}")
            try terminal.wait(for: "# ")
            try terminal.type("\u{4}")
            #expect(try running.finish().ending == .exited(9))
            try host.expectNothingLeft()
        }
    }

    @Test("without -i keys are not the command's, and Ctrl-C is a signal to it", arguments: [["-t"], []])
    func notTyped(_ option: [String]) throws {
        try RunningHost.with { host in
            let terminal = try PseudoTerminal()
            let modes = terminal.modes
            let session = ["/usr/bin/setsid", "--ctty", "--wait"]
            let arguments = ["run", "--rm", "--network", "none"] + option + ["sh", "-c", Self.attentive]
            let running = try host.command(arguments, startedBy: session).start(on: terminal)
            try terminal.wait(for: "ready")
            #expect(terminal.modes == modes)
            try terminal.type("\u{3}")
            try terminal.wait(for: "interrupted")
            #expect(try running.finish().ending == .exited(4))
            try host.expectNothingLeft()
        }
    }

    @Test("exec at a terminal: size, keys, status; without one a signal ends the command, not only hawser")
    func exec() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sleep", "60")
            for options in [["-it"], ["-t"], []] {
                let terminal = try PseudoTerminal()
                let modes = terminal.modes
                let session = ["/usr/bin/setsid", "--ctty", "--wait"]
                let arguments = ["exec"] + options + ["box", "sh", "-c", Self.attentive]
                let running = try host.command(arguments, startedBy: session).start(on: terminal)
                let beginning = try terminal.wait(for: "ready")
                if !options.isEmpty {
                    #expect(beginning.contains("size 24 80"))
                    try terminal.resize(rows: 50, columns: 132)
                    try terminal.wait(for: "now 50 132")
                }
                #expect((terminal.modes != modes) == (options == ["-it"]))
                try terminal.type("\u{3}")
                try terminal.wait(for: "interrupted")
                #expect(try running.finish().ending == .exited(4))
                #expect(terminal.modes == modes)
            }
            _ = try host.hawser("rm", "-f", "box")
            try host.expectNothingLeft()
        }
    }

    @Test("a command whose reader is gone ends, as it would without a container")
    func reader() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sleep", "60")
            let lines = [
                ["run", "--rm", "--network", "none", "yes"], ["run", "--rm", "-t", "--network", "none", "yes"],
                ["exec", "box", "yes"], ["exec", "-t", "box", "yes"],
            ]
            for line in lines {
                let (running, output) = try host.command(line).startReading()
                let read = try output.read(deadline: Deadline(in: .seconds(20))) { $0.contains(10) }
                #expect(read.starts(with: "y".utf8))
                _ = consume output
                let ending = try running.finish().ending
                #expect(ending != .timedOut && ending != .exited(0), "\(line): \(ending)")
            }
            #expect(try host.hawser("exec", "box", "sh", "-c", "cat /proc/[0-9]*/comm").text.contains("yes") == false)
            _ = try host.hawser("rm", "-f", "box")
            try host.expectNothingLeft()
        }
    }
}
