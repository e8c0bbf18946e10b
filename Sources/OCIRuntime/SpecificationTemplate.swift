public import JSON

/// The config.json that `spec` writes: a shell in a read-only root with the usual mounts.
public enum SpecificationTemplate {
    /// The version of the runtime specification that is followed.
    public static let version = "1.2.0"

    private static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static func mount(_ destination: String, _ type: String, _ source: String, _ options: [String]) -> JSONValue
    {
        var members: [(String, JSONValue)] = [
            ("destination", .string(destination)), ("type", .string(type)), ("source", .string(source)),
        ]
        if !options.isEmpty { members.append(("options", strings(options))) }
        return .object(JSONObject(members))
    }

    /// The whole document.
    public static var document: JSONValue {
        .object(
            JSONObject([
                ("ociVersion", .string(version)), ("process", process),
                ("root", .object(JSONObject([("path", .string("rootfs")), ("readonly", .bool(true))]))),
                ("hostname", .string("hawser")), ("mounts", mounts), ("linux", linux),
            ]))
    }

    private static var process: JSONValue {
        let capabilities = strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
        let limit = JSONValue.object(
            JSONObject([("type", .string("RLIMIT_NOFILE")), ("hard", .integer(1024)), ("soft", .integer(1024))]))
        return .object(
            JSONObject([
                ("terminal", .bool(true)),
                ("user", .object(JSONObject([("uid", .integer(0)), ("gid", .integer(0))]))),
                ("args", strings(["sh"])),
                ("env", strings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"])),
                ("cwd", .string("/")),
                (
                    "capabilities",
                    .object(
                        JSONObject([
                            ("bounding", capabilities), ("effective", capabilities), ("permitted", capabilities),
                        ]))
                ),
                ("rlimits", .array([limit])), ("noNewPrivileges", .bool(true)),
            ]))
    }

    private static var mounts: JSONValue {
        let closed = ["nosuid", "noexec", "nodev"]
        return .array([
            mount("/proc", "proc", "proc", []),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            mount("/dev/shm", "tmpfs", "shm", closed + ["mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", closed),
            mount("/sys", "sysfs", "sysfs", closed + ["ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", closed + ["relatime", "ro"]),
        ])
    }

    private static var linux: JSONValue {
        let closedDevices = JSONValue.object(JSONObject([("allow", .bool(false)), ("access", .string("rwm"))]))
        return .object(
            JSONObject([
                ("resources", .object(JSONObject([("devices", .array([closedDevices]))]))),
                (
                    "namespaces",
                    .array(
                        ["pid", "network", "ipc", "uts", "mount", "cgroup"].map {
                            .object(JSONObject([("type", .string($0))]))
                        })
                ),
                (
                    "maskedPaths",
                    strings([
                        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                    ])
                ),
                (
                    "readonlyPaths",
                    strings(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
                ),
            ]))
    }
}
