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

    @Test("help shows the places only when asked for all of it")
    func hiddenHelp() throws {
        for line in [["run"], ["ps"], ["net", "add"]] {
            #expect(try Command(RunningHost.hawser, line + ["--help-hidden"]).run().text.contains("--state-dir"))
            #expect(try Command(RunningHost.hawser, line + ["--help"]).run().text.contains("--state-dir") == false)
        }
    }

    @Test("bash completes commands, options, containers and networks")
    func completion() throws {
        try RunningHost.with { host in
            _ = try host.hawser("run", "-d", "--name", "box", "--network", "none", "sleep", "60")
            _ = try host.hawser("run", "--name", "over", "--network", "none", "true")
            // As bash itself asks: words, which of them is being typed, and the line.
            let script = """
                PATH=$(dirname \(RunningHost.hawser)):$PATH
                source <(hawser --generate-completion-script bash)
                function=$(complete -p hawser | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
                "$function" hawser "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "${COMPREPLY[*]}"
                """
            for (typed, offered) in [
                (["r"], "run rm restart rename"), (["net", "st"], "status"), (["logs", "--f"], "--follow"),
                (["rm", ""], "over box"),
                (["exec", ""], "box"), (["run", "--network", ""], "bridge host none container:box"),
                (["net", "add", ""], "bridge"),
            ] {
                let line = ["-c", script, "-", "hawser"] + typed
                let answer = try host.host.command("/bin/bash", line).run().orThrow().text
                #expect(
                    Set(answer.split(whereSeparator: \.isWhitespace)) == Set(offered.split(separator: " ")), "\(typed)")
            }
            _ = try host.hawser("rm", "-f", "box", "over")
        }
    }

    @Test("who is not root is told so", .needsPrograms("setpriv"))
    func notRoot() throws {
        try RunningHost.with { host in
            try host.host.shell("cp \(RunningHost.hawser) /run/hawser-copy; mkdir -p -m 700 /var/lib/hawser/containers")
            let line = ["--reuid", "65534", "--clear-groups", "/run/hawser-copy", "ps"]
            let refused = try host.host.command("/usr/bin/setpriv", line).run()
            #expect(refused.ending == .exited(125) && refused.errorText.hasSuffix("root only\n"), "\(refused)")
        }
    }

    @Test("an installed hawser finds the shim that was installed with it")
    func installed() throws {
        try RunningHost.with { host in
            let build = RunningHost.hawser.split(separator: "/").dropLast().joined(separator: "/")
            try host.host.shell(
                """
                mkdir -p /run/root/usr/local/bin /run/root/usr/local/libexec/hawser
                cp /\(build)/hawser /run/root/usr/local/bin
                cp /\(build)/hawser-shim /run/root/usr/local/libexec/hawser
                """)
            let line = "/run/root/usr/local/bin/hawser run --rm --network none echo moored"
            #expect(try host.host.shell(line) == "moored\n")
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
                (["--network", "none", "-w", "/etc/hostname", "true"], "/etc/hostname"),
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
