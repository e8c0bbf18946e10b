public import LinuxSystem

/// The steps that build a container's default root: its host's programs and settings, without its secrets and data.
///
/// Which file may be read is decided by the kernel, when it is opened: see `LaunchStep.tree`.
public enum RootPlan {
    /// Files of the container's own state that cover those of /etc.
    static let ownFiles = ["hosts", "hostname", "resolv.conf"]

    /// The steps in the order in which they are carried out.
    public static func steps(
        host: HostRoot, volumes: [VolumeMount], sharedMemory: String = "64m"
    ) -> [LaunchStep] {
        emptyDirectories + trees(host) + kernelFileSystems(sharedMemory: sharedMemory) + devices
            + ownFiles.map { .bind(source: "files/\($0)", target: "/etc/\($0)", flags: []) }
            + volumes.map {
                .bind(
                    source: $0.source, target: $0.target,
                    flags: $0.readOnly ? [.recursive, .readOnly] : .recursive)
            }
            + masked.map { .mask($0) } + readOnly.map { .readOnly($0, alone: false) }
    }

    private static let emptyDirectories: [LaunchStep] = [
        .directory("/proc", mode: 0o555), .directory("/sys", mode: 0o555), .directory("/dev", mode: 0o755),
        .directory("/run", mode: 0o755), .directory("/tmp", mode: 0o1777), .directory("/var", mode: 0o755),
        .directory("/var/tmp", mode: 0o1777), .link("/var/run", content: "/run"), .directory("/srv", mode: 0o755),
        .directory("/home", mode: 0o755), .directory("/root", mode: 0o700), .directory("/mnt", mode: 0o755),
        .directory("/media", mode: 0o755),
    ]

    private static func trees(_ host: HostRoot) -> [LaunchStep] {
        host.entries.map { entry in
            let path = "/" + entry.name
            return switch entry.kind {
            case .link(let content): .link(path, content: content)
            case .directory(let stacks): .tree(source: path, target: path, name: entry.name, readOnly: !stacks)
            }
        }
    }

    private static func kernelFileSystems(sharedMemory: String) -> [LaunchStep] {
        let nothing: LaunchStep.MountFlags = [.noSetUser, .noDevices, .noExecute]
        return [
            .fileSystem(kind: "proc", target: "/proc", options: "", flags: nothing),
            .fileSystem(kind: "sysfs", target: "/sys", options: "", flags: nothing.union(.readOnly)),
            // Without nodes of its own: a node made inside does not open, the host's are bound in one by one.
            .fileSystem(
                kind: "tmpfs", target: "/dev", options: "mode=755,size=64k", flags: [.noSetUser, .noDevices]),
            .fileSystem(
                kind: "devpts", target: "/dev/pts", options: "newinstance,ptmxmode=0666,mode=0620,gid=5",
                flags: [.noSetUser, .noExecute]),
            .fileSystem(kind: "tmpfs", target: "/dev/shm", options: "mode=1777,size=\(sharedMemory)", flags: nothing),
            .fileSystem(kind: "mqueue", target: "/dev/mqueue", options: "", flags: nothing),
        ]
    }

    private static let devices: [LaunchStep] =
        ["null", "zero", "full", "random", "urandom", "tty"].map {
            .bind(source: "/dev/\($0)", target: "/dev/\($0)", flags: .devices)
        } + [
            .link("/dev/ptmx", content: "pts/ptmx"), .link("/dev/fd", content: "/proc/self/fd"),
            .link("/dev/stdin", content: "/proc/self/fd/0"), .link("/dev/stdout", content: "/proc/self/fd/1"),
            .link("/dev/stderr", content: "/proc/self/fd/2"),
        ]

    private static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]
    private static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
