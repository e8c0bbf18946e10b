import TestSupport
import Testing

/// Containers made of images: `hawser run --image`.
@Suite(.needsKernel) struct ImageRunTests {
    /// A script for python3 that makes docker-save archives; what is not about the test is the host's busybox.
    private static let maker = """
        import hashlib, io, json, sys, tarfile
        def layer(*entries):
            data = io.BytesIO()
            with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for name, kind, value, *more in entries:
                    info = tarfile.TarInfo(name)
                    info.mode, info.uid, info.gid = more + [0o755, 0, 0][len(more):]
                    if kind == "dir": info.type = tarfile.DIRTYPE; tar.addfile(info)
                    elif kind == "link": info.type = tarfile.SYMTYPE; info.linkname = value; tar.addfile(info)
                    elif kind == "hard": info.type = tarfile.LNKTYPE; info.linkname = value; tar.addfile(info)
                    else:
                        content = value if isinstance(value, bytes) else value.encode()
                        info.size = len(content); tar.addfile(info, io.BytesIO(content))
            return data.getvalue()
        def save(path, name, settings, *layers):
            digest = lambda data: hashlib.sha256(data).hexdigest()
            config = json.dumps({"architecture": "ARCH", "os": "linux", "config": settings,
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(l) for l in layers]}}).encode()
            files = {digest(config) + ".json": config}
            for l in layers: files[digest(l) + "/layer.tar"] = l
            files["manifest.json"] = json.dumps([{"Config": digest(config) + ".json", "RepoTags": [name] if name else None,
                "Layers": [digest(l) + "/layer.tar" for l in layers]}]).encode()
            with tarfile.open(path, "w") as tar:
                for name, content in files.items():
                    info = tarfile.TarInfo(name); info.size = len(content); tar.addfile(info, io.BytesIO(content))
        busybox = open("/bin/busybox", "rb").read()
        base = layer(("bin", "dir", ""), ("bin/busybox", "file", busybox),
            *[("bin/" + n, "link", "busybox") for n in "sh ls cat id echo env pwd sleep hostname touch stat kill grep sort find".split()],
            ("etc", "dir", ""), ("etc/passwd", "file", "root:x:0:0::/root:/bin/sh\\nwww:x:4001:4002::/srv/www:/bin/sh\\n", 0o644),
            ("etc/group", "file", "root:x:0:\\nweb:x:4002:\\nmore:x:4003:www\\n", 0o644), ("tmp", "dir", "", 0o1777),
            ("srv", "dir", "", 0o755), ("srv/www", "dir", "", 0o755, 4001, 4002))

        """

    /// A host with images of what the script adds to the maker's words.
    private func withImages(_ script: String, _ body: (RunningHost) throws -> Void) throws {
        try RunningHost.with { host in
            #if arch(arm64)
            let architecture = "arm64"
            #else
            let architecture = "amd64"
            #endif
            let text = Self.maker.replacing("ARCH", with: architecture) + script
            try host.host.write(text, to: "/run/images/make.py")
            try host.host.shell("cd /run/images && python3 make.py")
            try body(host)
        }
    }

    private func run(_ host: RunningHost, _ image: String, _ arguments: String...) throws -> String {
        try host.hawserOutput(["run", "--rm", "--network", "none", "--image", image] + arguments)
    }

    @Test("environment, command, entry point, user and directory are the image's, and options replace them")
    func settings() throws {
        let script = #"""
            save("app.tar", "app:1", {"Env": ["A=image", "B=image", "PATH=/bin"], "Entrypoint": ["sh", "-c"],
                "Cmd": ["echo $A:$B:$PATH:$HOME:$(pwd):$(id -u):$(id -g):$(id -G)"], "User": "www", "WorkingDir": "/srv/www"}, base)
            save("plain.tar", "plain", {"Cmd": ["echo", "from Cmd"]}, base)
            save("none.tar", "none", {}, base)
            """#
        try withImages(script) { host in
            let file = "/run/images/app.tar"
            #expect(try run(host, file) == "image:image:/bin:/srv/www:/srv/www:4001:4002:4002 4003\n")
            _ = try host.hawser("image", "load", file)
            let replaced = try host.hawserOutput(
                ["run", "--rm", "--network", "none", "--image", "app:1", "-e", "B=mine", "-u", "7:8", "-w", "/tmp"])
            #expect(replaced == "image:mine:/bin:/:/tmp:7:8:8\n")
            #expect(try run(host, "app:1", "echo given") == "given\n")
            let entry = try host.hawserOutput(
                ["run", "--rm", "--network", "none", "--image", "app:1", "--entrypoint", "echo", "x", "y"])
            #expect(entry == "x y\n")
            #expect(try run(host, "/run/images/plain.tar") == "from Cmd\n")
            #expect(try run(host, "plain", "echo", "instead") == "instead\n")
            // Without any command it is a shell, as without an image.
            #expect(try run(host, "/run/images/none.tar") == "")
            let absent = try host.hawser("run", "--rm", "--network", "none", "--image", "appp", "true", expecting: 125)
            #expect(absent.errorText.contains("appp"), "\(absent)")
            try host.expectNothingLeft()
        }
    }

    @Test("layers are stacked: whiteouts hide, opaque directories hide, owners and modes stay")
    func layers() throws {
        let script = #"""
            low = layer(("data", "dir", "", 0o750, 10, 20), ("data/gone", "file", "1"), ("data/kept", "file", "1", 0o4711, 11, 21),
                ("opq", "dir", ""), ("opq/old", "file", "1"), ("both", "file", "low"))
            high = layer(("data/.wh.gone", "file", ""), ("opq/.wh..wh..opq", "file", ""), ("opq/new", "file", "2"),
                ("both", "file", "high"), ("second", "hard", "both"))
            save("l.tar", "l", {"Cmd": ["sh", "-c", "find data opq both second -type f | sort; cat both second; stat -c '%a %u %g' data/kept both"]},
                base, low, high)
            """#
        try withImages(script) { host in
            let text = try run(host, "/run/images/l.tar")
            #expect(text == "both\ndata/kept\nopq/new\nsecond\nhighhigh4711 11 21\n755 0 0\n")
            try host.expectNothingLeft()
        }
    }

    @Test("two containers share the unpacked layers and see nothing of each other's writes")
    func sharing() throws {
        let script = #"""
            save("s.tar", "s", {"Cmd": ["sleep", "60"]}, base)
            """#
        try withImages(script) { host in
            for name in ["one", "two"] {
                _ = try host.hawser("run", "-d", "--network", "none", "--name", name, "--image", "/run/images/s.tar")
                _ = try host.hawser("exec", name, "sh", "-c", "echo \(name) > /etc/passwd; echo \(name) > /tmp/\(name)")
            }
            #expect(host.host.list("/var/lib/hawser/images/layers").count == 1)
            for name in ["one", "two"] {
                #expect(
                    try host.hawser("exec", name, "sh", "-c", "cat /etc/passwd; ls /tmp").text == "\(name)\n\(name)\n")
            }
            let fresh = try host.hawserOutput([
                "run", "--rm", "--network", "none", "--image", "s", "cat", "/etc/passwd",
            ])
            #expect(fresh.contains("www:x:4001"))
            let refused = try host.hawser("image", "rm", "s", expecting: 1)
            #expect(refused.errorText.contains("is used by container"), "\(refused)")
            _ = try host.hawser("image", "rm", "--force", "s")
            #expect(try host.hawser("exec", "one", "cat", "/etc/passwd").text == "one\n")
            for name in ["one", "two"] { _ = try host.hawser("rm", "-f", name) }
            _ = try host.hawser("image", "load", "/run/images/s.tar")
            _ = try host.hawser("image", "rm", "s")
            #expect(host.host.list("/var/lib/hawser/images/layers") == [])
            try host.expectNothingLeft()
        }
    }

    @Test("what podman imports and saves runs, from an archive and from a layout", .needsPrograms("podman"))
    func podman() throws {
        let podman = """
            CONTAINERS_CONF=/run/images/conf podman --root /run/images/storage --runroot /run/images/run \
            --tmpdir /run/images/tmp --storage-driver vfs
            """
        try withImages("") { host in
            try host.host.shell(
                """
                cd /run/images; printf '[engine]\\ncgroup_manager = "cgroupfs"\\nevents_logger = "none"\\n' > conf
                mkdir -p root/bin root/etc; cp /bin/busybox root/bin; for n in sh id echo; do ln -s busybox root/bin/$n; done
                echo 'www:x:4001:4002::/:/bin/sh' > root/etc/passwd; tar -C root -cf root.tar .
                \(podman) import --change 'CMD ["/bin/sh", "-c", "echo $A $(id -u)"]' --change 'ENV A=b' --change 'USER www' \
                    root.tar mine:1 </dev/null
                for format in docker-archive oci-dir; do \(podman) save --format $format -o $format mine:1; done
                """)
            for image in ["/run/images/docker-archive", "/run/images/oci-dir:localhost/mine:1", "localhost/mine:1"] {
                #expect(try run(host, image) == "b 4001\n")
            }
            try host.expectNothingLeft()
        }
    }

    @Test("-P publishes what the image exposes, at ports that were free")
    func publishAll() throws {
        let script = #"""
            save("p.tar", "p", {"Cmd": ["sleep", "60"], "ExposedPorts": {"80/tcp": {}, "53/udp": {}}}, base)
            """#
        try withImages(script) { host in
            _ = try host.hawser("run", "-d", "-P", "--name", "p", "--image", "/run/images/p.tar")
            let ports = try host.hawser("ps").text
            #expect(ports.contains(":80") && ports.contains(":53/udp"), "\(ports)")
            _ = try host.hawser("rm", "-f", "p")
            try host.expectNothingLeft()
        }
    }

    @Test("an image's links do not lead the runner to files of the host")
    func hostileRoot() throws {
        let script = #"""
            evil = layer(("etc", "link", "/run/outside"), ("dev", "link", "/run/outside"), ("proc", "link", "/run/outside"),
                ("sys", "link", "../../run/outside"), ("place", "link", "/run/outside"))
            save("e.tar", "e", {"Cmd": ["echo", "ran"], "WorkingDir": "/place/new", "User": "www"}, base, evil)
            """#
        try withImages(script) { host in
            try host.host.write("www:x:0:0::/:/bin/sh\n", to: "/run/outside/passwd")
            let finished = try host.command(["run", "--rm", "--network", "none", "--image", "/run/images/e.tar"]).run()
            #expect(finished.ending == .exited(125) || finished.text == "ran\n", "\(finished)")
            #expect(host.host.list("/run/outside") == ["passwd"])
            try host.expectNothingLeft()
        }
    }

    @Test("stop asks with the image's StopSignal")
    func stopSignal() throws {
        let script = #"""
            save("q.tar", "q", {"Cmd": ["sh", "-c", "trap 'exit 42' USR1; trap '' TERM; echo up; while :; do sleep 0.1; done"],
                "StopSignal": "SIGUSR1"}, base)
            """#
        try withImages(script) { host in
            _ = try host.hawser("run", "-d", "--network", "none", "--name", "q", "--image", "/run/images/q.tar")
            try host.wait(for: "the trap") { try host.hawser("logs", "q").text == "up\n" }
            _ = try host.hawser("stop", "q")
            #expect(try host.hawser("ps", "-a").text.contains("Exited (42)"))
            _ = try host.hawser("rm", "q")
            try host.expectNothingLeft()
        }
    }
}

extension RunningHost {
    /// What a command prints that must succeed.
    func hawserOutput(_ arguments: [String]) throws -> String { try command(arguments).run().orThrow().text }
}
