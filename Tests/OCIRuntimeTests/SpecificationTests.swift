import JSON
import OCIRuntime
import Testing

/// The smallest config.json, with members put in or replaced.
func specification(_ members: [(String, String)] = []) throws -> [UInt8] {
    var document = try #require(
        JSONValue.parse(
            """
            {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
             "process": {"args": ["true"], "cwd": "/"},
             "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "uts"}]}}
            """
        ).object)
    for (path, text) in members {
        document = try #require(
            put(JSONValue.parse(text), at: path.split(separator: ".").map(String.init), in: .object(document)).object)
    }
    return JSONValue.object(document).encoded()
}

@Suite struct SpecificationTests {
    @Test("the smallest configuration is read with what the specification says of absent members") func smallest()
        throws
    {
        let specification = try RuntimeSpecification.decode(specification())
        let process = try #require(specification.process)
        #expect(specification.rootPath == "rootfs")
        #expect(!specification.isRootReadOnly)
        #expect(process.arguments == ["true"])
        #expect(process.user == ProcessUser())
        #expect(!process.noNewPrivileges && !process.terminal)
        #expect(process.capabilities == nil)
        #expect(specification.linux.namespaces.map(\.kind) == [.mount, .pid, .uts])
        #expect(specification.hooks.prestart.isEmpty)
    }

    @Test("what `spec` writes can be read") func template() throws {
        let read = try RuntimeSpecification.decode(
            SpecificationTemplate.document.encoded(.indented(2, sortedKeys: false)))
        #expect(read.version == SpecificationTemplate.version)
        #expect(read.mounts.map(\.destination).contains("/dev/pts"))
        #expect(read.linux.maskedPaths.contains("/proc/kcore"))
        #expect(read.process?.limits.map(\.name) == ["RLIMIT_NOFILE"])
        let capabilities = try #require(read.process?.capabilities)
        #expect(capabilities.bounding == 1 << 29 | 1 << 5 | 1 << 10)
        #expect(capabilities.inheritable == 0)
    }

    static let wrong: [(String, String, String)] = [
        ("ociVersion", #""2.0.0""#, "ociVersion: must be a version 1, not 2.0.0"),
        ("root", "null", "root: is required"),
        ("root", #"{"path": ""}"#, "root.path: is required"),
        ("root", #"["rootfs"]"#, #"root: must be an object, not ["rootfs"]"#),
        ("process.args", "[]", "process.args: must hold a command"),
        ("process.args", #"["a", 1]"#, "process.args[1]: must be a string, not 1"),
        ("process.cwd", #""home""#, "process.cwd: must be an absolute path, not home"),
        ("process.user", #"{"uid": -1}"#, "process.user.uid: must be a whole number from 0 to 4294967295, not -1"),
        (
            "process.user", #"{"additionalGids": ["x"]}"#,
            #"process.user.additionalGids[0]: must be a whole number from 0 to 4294967295, not "x""#
        ),
        ("process.user", #"{"umask": 512}"#, "process.user.umask: must be from 0 to 511, not 512"),
        ("process.oomScoreAdj", "1001", "process.oomScoreAdj: must be from -1000 to 1000, not 1001"),
        (
            "process.rlimits", #"[{"type": "RLIMIT_X", "soft": 1, "hard": 1}]"#,
            "process.rlimits[0].type: is no resource that can be limited: RLIMIT_X"
        ),
        ("process.rlimits", #"[{"type": "RLIMIT_CPU", "soft": 1}]"#, "process.rlimits[0].hard: is required"),
        (
            "process.rlimits", #"[{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]"#,
            "process.rlimits[0].soft: must not exceed hard: 2 > 1"
        ),
        (
            "process.ioPriority", #"{"class": "IOPRIO_CLASS_BE", "priority": 8}"#,
            "process.ioPriority.priority: must be from 0 to 7, not 8"
        ),
        ("process.scheduler", #"{"policy": "SCHED_FAST"}"#, "process.scheduler.policy: is unknown: SCHED_FAST"),
        ("mounts", #"[{"type": "tmpfs"}]"#, "mounts[0].destination: is required"),
        ("mounts", #"[{"destination": "/a", "type": "bind"}]"#, "mounts[0].source: is required"),
        ("mounts", #"[{"destination": "/a", "source": "b"}]"#, "mounts[0].type: is required"),
        ("hooks", #"{"poststop": [{"path": "run"}]}"#, "hooks.poststop[0].path: must be an absolute path, not run"),
        (
            "hooks", #"{"prestart": [{"path": "/run", "timeout": 0}]}"#,
            "hooks.prestart[0].timeout: must be greater than 0, not 0"
        ),
        (
            "linux.namespaces", #"[{"type": "pid"}]"#,
            "linux.namespaces: must hold a mount namespace: a container's root is made in one"
        ),
        (
            "linux.namespaces", #"[{"type": "mount"}, {"type": "mount"}]"#,
            "linux.namespaces[1].type: occurs twice: mount"
        ),
        ("linux.namespaces", #"[{"type": "net"}]"#, "linux.namespaces[0].type: is no namespace: net"),
        (
            "linux.namespaces", #"[{"type": "network", "path": "ns"}]"#,
            "linux.namespaces[0].path: must be an absolute path, not ns"
        ),
        (
            "linux.uidMappings", #"[{"containerID": 0, "hostID": 1, "size": 0}]"#,
            "linux.uidMappings[0].size: must be at least 1"
        ),
        (
            "linux.uidMappings", #"[{"containerID": 0, "hostID": 1, "size": 9}]"#,
            "linux.uidMappings: need a user namespace in linux.namespaces"
        ),
        ("linux.devices", #"[{"path": "/dev/x", "type": "c", "major": 1}]"#, "linux.devices[0].minor: is required"),
        ("linux.devices", #"[{"path": "/dev/x", "type": "z"}]"#, "linux.devices[0].type: must be c, u, b or p, not z"),
        ("linux.sysctl", #"{"net..": "1", "..": "2"}"#, "linux.sysctl: holds a key that is no kernel setting: .."),
        (
            "linux.rootfsPropagation", #""both""#,
            "linux.rootfsPropagation: must be shared, slave, private or unbindable, not both"
        ),
        (
            "linux.personality", #"{"domain": "WINDOWS"}"#,
            "linux.personality.domain: must be LINUX or LINUX32, not WINDOWS"
        ),
        ("linux.maskedPaths", #"["proc"]"#, "linux.maskedPaths: must hold absolute paths, not proc"),
        (
            "linux.uidMappings", #"[{"containerID": 0, "hostID": 4294967295, "size": 2}]"#,
            "linux.uidMappings[0].size: must not lead beyond the last id: 4294967295 and 2 more"
        ),
        ("linux.timeOffsets", #"{"boottime": {"secs": 1}}"#, "linux.timeOffsets: are not supported"),
        ("annotations", #"{"a": 1}"#, "annotations.a: must be a string, not 1"),
    ]

    @Test("a wrong member is named with what it must be", arguments: wrong)
    func wrongMembers(_ key: String, _ text: String, _ message: String) throws {
        let bytes = try specification([(key, text)])
        #expect { try RuntimeSpecification.decode(bytes) } throws: { error in
            "\(error)" == "config.json: \(message)"
        }
    }

    @Test("a new user namespace needs mappings; a joined one does not") func userNamespaces() throws {
        let namespaces = { (user: String) in [("linux.namespaces", #"[{"type": "mount"}, \#(user)]"#)] }
        #expect(throws: OCIError.self) {
            try RuntimeSpecification.decode(specification(namespaces(#"{"type": "user"}"#)))
        }
        _ = try RuntimeSpecification.decode(specification(namespaces(#"{"type": "user", "path": "/proc/1/ns/user"}"#)))
        let mapping = #"[{"containerID": 0, "hostID": 100000, "size": 65536}]"#
        let mapped = try RuntimeSpecification.decode(
            specification(
                namespaces(#"{"type": "user"}"#) + [("linux.uidMappings", mapping), ("linux.gidMappings", mapping)]))
        #expect(IDMapping.text(mapped.linux.userMappings) == "0 100000 65536\n")
        #expect(IDMapping.host(33, in: mapped.linux.userMappings) == 100033)
        #expect(IDMapping.host(65536, in: mapped.linux.userMappings) == nil)
    }

    @Test("numbers beyond 63 bits are read: the unlimited rlimit") func unlimited() throws {
        let limit = #"[{"type": "RLIMIT_CORE", "soft": 18446744073709551615, "hard": 18446744073709551615}]"#
        let read = try RuntimeSpecification.decode(specification([("process.rlimits", limit)]))
        #expect(read.process?.limits.first?.hard == .max)
    }

    @Test("kernel settings are read as sysctl(8) reads them") func settings() throws {
        let text = #"{"net.ipv4.conf.eth0/1.forwarding": "1", "net/ipv4/conf/eth0.1/forwarding": "0"}"#
        let read = try RuntimeSpecification.decode(specification([("linux.sysctl", text)]))
        #expect(
            read.linux.settings.map(\.key) == ["net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"])
    }

    @Test("capabilities that cannot be granted are left out of every set, and named") func capabilities() throws {
        let text =
            #"{"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_NEW"], "effective": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN"], "inheritable": [], "ambient": ["CAP_CHOWN"]}"#
        var sets = try #require(
            RuntimeSpecification.decode(specification([("process.capabilities", text)])).process?.capabilities)
        #expect(sets.unknown == ["CAP_NEW"])
        let missing = sets.restrict(to: ~(1 << 24))
        #expect(missing == ["CAP_SYS_RESOURCE"])
        #expect(sets.bounding == 1)
        #expect(sets.effective == 1, "what is not permitted cannot be effective")
        #expect(sets.ambient == 0, "what is not inheritable cannot be ambient")
    }
}
