import ContainerShim
import JSON
import LinuxSystem
import Testing

@testable import ContainerRunner

@Suite struct SettingsTests {
    @Test("capabilities are added and dropped as docker does it")
    func capabilities() throws {
        func changed(_ adding: [String], _ dropping: [String]) throws -> [String] {
            Capability.names(of: try Capabilities.standard.changed(adding: adding, dropping: dropping).rawValue)
        }
        #expect(try changed(["NET_ADMIN"], ["CAP_CHOWN", "mknod"]).contains("NET_ADMIN"))
        #expect(try !changed(["NET_ADMIN"], ["CAP_CHOWN", "mknod"]).contains("CHOWN"))
        #expect(try changed(["net_raw"], ["ALL"]) == ["NET_RAW"])
        #expect(try changed(["ALL"], []).count == 41)
        #expect(try changed(["ALL"], ["SYS_ADMIN"]).count == 40)
        #expect(try changed([], []).count == 14)
        #expect(throws: RunnerError.self) { try changed(["NO_SUCH"], []) }
    }

    @Test(
        "devices are read",
        arguments: [
            ("/dev/null", "/dev/null:/dev/null:rwm"), ("/dev/a:/dev/b", "/dev/a:/dev/b:rwm"),
            ("/dev/a:wr", "/dev/a:/dev/a:rw"), ("/dev/a:/dev/b:r", "/dev/a:/dev/b:r"),
        ])
    func devices(_ text: String, _ expected: String) throws {
        #expect(try DeviceMapping(text).description == expected)
    }

    @Test(
        "wrong devices are refused", arguments: ["", "null", "/dev/a:b", "/dev/a:/dev/b:x", "/dev/a:/:r", "/a:/b:/c:r"])
    func wrongDevices(_ text: String) {
        #expect(throws: RunnerError.self) { try DeviceMapping(text) }
    }

    @Test("limits are read")
    func limits() throws {
        let limit = try UserLimit("nofile=10:20")
        #expect(limit.resource == 7 && limit.soft == 10 && limit.hard == 20)
        #expect(try UserLimit("core=-1").description == "core=-1:-1")
        for wrong in ["nofile", "nofile=", "nofile=2:1", "no=1", "nofile=1:2:3", "nofile=x"] {
            #expect(throws: RunnerError.self, "\(wrong)") { try UserLimit(wrong) }
        }
    }

    @Test("only settings that a container has of its own are accepted")
    func sysctls() throws {
        #expect(try LaunchPlan.Sysctl(option: "net.ipv4.ip_forward=1").isOfNetwork)
        #expect(
            try LaunchPlan.Sysctl(option: "net/ipv4/conf/eth0.1/rp_filter=0").name == "net.ipv4.conf.eth0/1.rp_filter")
        #expect(try LaunchPlan.Sysctl(option: "kernel.shmmax=1").isOfIPC)
        for wrong in ["vm.swappiness=1", "net.ipv4", "=1", "net/../../kernel/core_pattern=x", "kernel.hostname=x"] {
            #expect(throws: RunnerError.self, "\(wrong)") { try LaunchPlan.Sysctl(option: wrong) }
        }
    }

    @Test("file systems in memory and mounts are read, and come back from their notation")
    func mounts() throws {
        let plain = try TmpfsMount("/run")
        #expect(plain.flags == ["nosuid", "nodev", "noexec"] && plain.description == "/run")
        for text in ["/run:exec,size=1m,mode=700", "/a:ro", "/x:dev,suid"] {
            let mount = try TmpfsMount(text)
            #expect(try TmpfsMount(mount.description) == mount)
        }
        #expect(
            try MountOption("type=tmpfs,dst=/t,tmpfs-size=1m", relativeTo: "/") == .memory(TmpfsMount("/t:size=1m")))
        #expect(
            try MountOption("type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave", relativeTo: "/")
                == .bind(VolumeMount("/a:/b:ro,rslave", relativeTo: "/")))
        for wrong in [
            "type=bind,src=/a", "type=volume,src=a,dst=/b", "src=a,dst=/b", "type=bind,src=/a,dst=/b,colour=1",
            "type=bind,src=/a,dst=/b,bind-propagation=rshared", "type=tmpfs,src=/a,dst=/b",
        ] { #expect(throws: RunnerError.self, "\(wrong)") { try MountOption(wrong, relativeTo: "/") } }
        for wrong in ["", "/", "run", "/run:colour=1"] {
            #expect(throws: RunnerError.self, "\(wrong)") { try TmpfsMount(wrong) }
        }
    }

    @Test("namespaces and ids to share are read")
    func sharing() throws {
        #expect(try SharingSettings.Mode("container:web", option: "--pid") == .container("web"))
        #expect(throws: RunnerError.self) { try SharingSettings.Mode("container:", option: "--pid") }
        #expect(throws: RunnerError.self) {
            try SharingSettings.Mode("container:a", option: "--cgroupns", containers: false)
        }
        #expect(try SharingSettings.Identifiers("200000") == .range(first: 200_000, count: 65_536))
        #expect(try SharingSettings.Identifiers("200000:10") == .range(first: 200_000, count: 10))
        for wrong in ["0", "x", "1:0", "4294967295:2", "1:2:3"] {
            #expect(throws: RunnerError.self, "\(wrong)") { try SharingSettings.Identifiers(wrong) }
        }
    }

    @Test("security options are read")
    func securityOptions() throws {
        var settings = SecuritySettings()
        for option in ["no-new-privileges:false", "seccomp=unconfined", "unmask=/proc/kcore:/sys/firmware"] {
            try settings.apply(option: option, relativeTo: "/")
        }
        #expect(!settings.forbidsNewPrivileges && settings.systemCalls == .unconfined)
        #expect(settings.isUnmasked("/proc/kcore") && !settings.isUnmasked("/proc/keys"))
        try settings.apply(option: "seccomp=a.json", relativeTo: "/here")
        #expect(settings.systemCalls == .profile("/here/a.json"))
        for wrong in ["", "seccomp", "seccomp=", "no-new-privileges=2", "unmask=proc", "other=1"] {
            #expect(throws: RunnerError.self, "\(wrong)") { try settings.apply(option: wrong, relativeTo: "/") }
        }
    }

    @Test("all settings come back from config.json")
    func roundTrip() throws {
        var asked = ContainerSpecification(id: ContainerStore.newID(), name: "x", command: ["true"], createdAt: 1)
        asked.address = "10.0.0.9"
        asked.mac = "02:00:00:00:00:01"
        asked.domainName = "example"
        asked.hasInit = false
        asked.root.source = .image(name: "a:b", id: "1234", layers: ["/l/1", "/l/2"])
        asked.root.isReadOnly = true
        asked.root.memory = [try TmpfsMount("/run:size=1m,exec")]
        asked.volumes = [try VolumeMount("/a:/b:ro,rslave", relativeTo: "/")]
        asked.security.capabilities = [.all]
        asked.security.isPrivileged = true
        asked.security.forbidsNewPrivileges = false
        asked.security.systemCalls = .profile("/p.json")
        asked.security.unmasked = ["ALL"]
        asked.security.devices = [try DeviceMapping("/dev/a:/dev/b:r")]
        asked.security.limits = [try UserLimit("nofile=1:-1")]
        asked.security.sysctls = [try LaunchPlan.Sysctl(option: "net.a=b=c")]
        asked.sharing.pid = .host
        asked.sharing.ipc = .container("y")
        asked.sharing.identifiers = .range(first: 200_000, count: 7)
        asked.names.servers = ["1.1.1.1"]
        asked.names.hosts = ["a:host-gateway"]
        asked.names.writesFiles = false
        #expect(try ContainerSpecification(JSONValue.parse(asked.json.encoded()), path: "x") == asked)
        asked.root.source = .directory("/r", isPrivate: true)
        #expect(try ContainerSpecification(JSONValue.parse(asked.json.encoded()), path: "x") == asked)
    }

    @Test("resolv.conf: what options say replaces what the host says, line by line")
    func resolver() {
        var names = NameSettings()
        let host = "nameserver 9.9.9.9\nsearch example.org\noptions ndots:2\n"
        #expect(ContainerFiles.resolver(names, otherwise: host) == host)
        names.servers = ["1.1.1.1"]
        #expect(
            ContainerFiles.resolver(names, otherwise: host)
                == "search example.org\noptions ndots:2\nnameserver 1.1.1.1\n")
        names.search = ["."]
        names.options = ["rotate"]
        #expect(ContainerFiles.resolver(names, otherwise: host) == "nameserver 1.1.1.1\noptions rotate\n")
    }
}
