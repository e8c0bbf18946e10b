import TestSupport
import Testing

/// What a person reads who types something, right or wrong.
@Suite(.needsKernel) struct CommandLineTests {
    @Test("help is a page for each command, however it is asked for", arguments: ["-h", "--help"])
    func help(_ option: String) throws {
        for (line, usage) in [
            (["run"], "hawser run [OPTIONS] [--] COMMAND"), (["run", "--rm", "-p", "1:1"], "hawser run [OPTIONS]"),
            (["exec"], "hawser exec [OPTIONS] CONTAINER COMMAND"), (["ps"], "hawser ps [--all]"),
            (["net", "add"], "hawser net add [OPTIONS] NETWORK (CONTAINER | --netns PATH | --pid N)"),
        ] {
            let finished = try Command(RunningHost.hawser, line + [option]).run()
            #expect(finished.succeeded && finished.text.contains("USAGE: \(usage)"), "\(finished)")
        }
    }

    @Test("an option behind the command's name is the command's")
    func passedOn() throws {
        try RunningHost.with { host in
            let run = try host.hawser("run", "--rm", "--network", "none", "echo", "--help", "-d", "--", "x")
            #expect(run.text == "--help -d -- x\n")
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sleep", "60")
            #expect(try host.hawser("exec", "box", "echo", "--help", "-d").text == "--help -d\n")
            _ = try host.hawser("rm", "-f", "box")
        }
    }

    @Test("what cannot be done is refused with 125, in one line that names what is wrong, and nothing is left")
    func refusals() throws {
        try RunningHost.with { host in
            let cases: [([String], String)] = [
                (["--no-such-option", "true"], "\"--no-such-option\" is not an option"),
                (["--network", "container:nobody", "true"], "--network container:nobody: no container is called"),
                (["--plugin-dir", "/no-such", "true"], "there is no plugin \"bridge\""),
                (["--network", "bridgr", "true"], "no network is called \"bridgr\""),
                (["--hostname", String(repeating: "x", count: 65), "true"], "--hostname"),
                (["-p", "80", "true"], "-p: \"80\" is not [HOSTIP:]HOSTPORT"),
                (["-w", "etc", "true"], "absolute path"),
                (["--network", "none", "-w", "/no-such", "true"], "chdir /no-such"),
                (["-u", "nobody-here", "true"], "--user"),
                (["--name", "a b", "true"], "--name"), (["-v", "data:/data", "true"], "-v: \"data:/data\""),
            ]
            for (arguments, message) in cases {
                let finished = try host.command(["run"] + arguments).run()
                #expect(finished.ending == .exited(125) && finished.text.isEmpty, "\(finished)")
                // A note is about this host, as of a root that is an overlay itself.
                let lines = finished.errorText.split(separator: "\n").filter { !$0.hasPrefix("hawser: note: ") }
                #expect(lines.count == 1 && lines[0].hasPrefix("hawser: ") && lines[0].contains(message), "\(finished)")
            }
            try host.expectNothingLeft()
        }
    }

    @Test("ps shows a long command of several lines as the beginning of one; inspect shows all of it")
    func longCommand() throws {
        try RunningHost.with { host in
            let script = "sleep 60\n# a comment that no table has room for, however wide the terminal"
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sh", "-c", script)
            let rows = try host.hawser("ps").text.split(separator: "\n")
            #expect(rows.count == 2 && rows[1].hasSuffix("sh -c sleep 60 # a comment that no tabl…"), "\(rows)")
            #expect(try host.hawser("inspect", "box").text.contains("however wide the terminal"))
            _ = try host.hawser("rm", "-f", "box")
        }
    }
}
