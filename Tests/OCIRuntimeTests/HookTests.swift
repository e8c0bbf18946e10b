import JSON
import TestSupport
import Testing

/// Programs that a bundle has run at points of its container's life.
@Suite(.needsKernel, .needsPrograms("busybox")) struct HookTests {
    private static let kinds = [
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
    ]

    /// A hook that notes its kind, the status it was told, and its variable.
    private func hooks(_ replaced: [String: String] = [:]) -> (String, String) {
        let members = Self.kinds.map { kind in
            let place = kind == "startContainer" ? "/log" : "/run/oci/log"
            let shell = kind == "startContainer" ? "/bin/sh" : "/bin/busybox"
            let script =
                "read -r s; case $s in *'\\\"pid\\\":'*) p=pid;; esac; s=${s#*'\\\"status\\\":\\\"'}; echo \(kind) ${s%%'\\\"'*} $p $A >> \(place)"
            let words = #"["sh", "-c", "\#(replaced[kind] ?? script)"]"#
            return #""\#(kind)": [{"path": "\#(shell)", "args": \#(words), "env": ["A=\#(kind.count)"], "timeout": 5}]"#
        }
        return ("hooks", "{\(members.joined(separator: ","))}")
    }

    private let mounts = (
        "mounts",
        #"[{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/log", "type": "bind", "source": "/run/oci/log", "options": ["bind"]}]"#
    )

    @Test("hooks of all kinds run in order, in their place, with the state and their own environment") func order()
        throws
    {
        try BundleHost.with { host in
            try host.host.write("", to: "/run/oci/log")
            let bundle = try host.bundle("web", ["sh", "-c", "echo command >> /log"], [hooks(), mounts])
            try host.oci("create", "--bundle", bundle, "web")
            #expect(
                host.host.read("/run/oci/log")
                    == "prestart creating pid 8\ncreateRuntime creating pid 13\ncreateContainer creating pid 15\n")
            try host.oci("start", "web")
            try host.wait(for: "the end") { try host.state("web")?.string == "stopped" }
            try host.oci("delete", "web")
            let lines = try #require(host.host.read("/run/oci/log")).split(separator: "\n").dropFirst(3)
            #expect(lines.first == "startContainer created pid 14")
            #expect(lines.last == "poststop stopped pid 8")
            #expect(
                lines.sorted() == [
                    "command", "poststart running pid 9", "poststop stopped pid 8", "startContainer created pid 14",
                ])
        }
    }

    @Test(
        "a hook that fails ends the container with what it said",
        arguments: ["prestart", "createRuntime", "createContainer", "startContainer"])
    func failing(_ kind: String) throws {
        try BundleHost.with { host in
            try host.host.write("", to: "/run/oci/log")
            let bundle = try host.bundle("web", ["true"], [hooks([kind: "echo broken >&2; exit 4"]), mounts])
            let finished = try host.oci("run", "--bundle", bundle, "web", expecting: 1)
            #expect(finished.errorText.contains("\(kind) hook "), "\(finished.errorText)")
            #expect(finished.errorText.contains("exit status 4: broken"), "\(finished.errorText)")
        }
    }

    @Test("a hook that takes too long is ended") func slow() throws {
        try BundleHost.with { host in
            let hook = #"{"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1}]}"#
            let finished = try host.oci(
                "create", "--bundle", host.bundle("web", ["true"], [("hooks", hook)]), "web", expecting: 1)
            #expect(finished.errorText.contains("/bin/sleep: took longer than 1 s"))
        }
    }

    @Test("a poststart or poststop hook that fails is a warning") func late() throws {
        try BundleHost.with { host in
            try host.host.write("", to: "/run/oci/log")
            let broken = hooks(["poststart": "exit 1", "poststop": "exit 2"])
            let finished = try host.oci("run", "--bundle", host.bundle("web", ["true"], [broken, mounts]), "web")
            #expect(finished.errorText.contains("poststart hook") && finished.errorText.contains("poststop hook"))
        }
    }
}
