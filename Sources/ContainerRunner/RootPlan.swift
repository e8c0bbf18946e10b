public import LinuxSystem

/// The steps that build a container's default root: its host's programs and settings, without its secrets and data.
///
/// Which file may be read is decided by the kernel, when it is opened: see `LaunchStep.tree`.
public enum RootPlan {
    /// Files of the container's own state that cover those of /etc.
    static let ownFiles = ["hosts", "hostname", "resolv.conf"]

    /// What a plan of steps follows.
    public struct Request: Sendable {
        /// What the host's root offers.
        public var host: HostRoot
        /// Parts of the host shown inside.
        public var volumes: [VolumeMount] = []
        /// The size of /dev/shm, as tmpfs writes it.
        public var sharedMemory = "64m"
        /// What the root is made of.
        public var root = RootSettings()
        /// What the command may do.
        public var security = SecuritySettings()
        /// Which namespaces are shared.
        public var sharing = SharingSettings()
        /// Devices of the host that open inside, beside the harmless ones.
        public var devices: [DeviceMapping] = []
        /// Where the command begins.
        public var workingDirectory = "/"
        /// The files of /etc that are the container's own.
        public var ownFiles = RootPlan.ownFiles

        /// The default root of a host.
        public init(host: HostRoot, volumes: [VolumeMount] = []) {
            self.host = host
            self.volumes = volumes
        }
    }

    /// The steps in the order in which they are carried out.
    public static func steps(_ request: Request) -> [LaunchStep] {
        base(request) + kernelFileSystems(request) + nodes(request)
            + request.ownFiles.map { .bind(source: "files/\($0)", target: "/etc/\($0)", flags: []) }
            + request.root.memory.map(\.step) + request.volumes.map(\.step) + workingDirectory(request)
            + restrictions(request)
    }

    private static func base(_ request: Request) -> [LaunchStep] {
        switch request.root.source {
        case .host:
            emptyDirectories + trees(request.host)
                + request.root.exposed.map { .bind(source: $0, target: $0, flags: [.recursive, .readOnly]) }
        case .directory(let path, isPrivate: false): [.root(source: path, flags: .recursive)]
        case .directory(let path, isPrivate: true): [.layers([path])]
        case .image(_, _, let layers): [.layers(layers)]
        }
    }

    /// As docker does, a missing directory is made; but not in a directory that is the root in place.
    private static func workingDirectory(_ request: Request) -> [LaunchStep] {
        if case .directory(_, isPrivate: false) = request.root.source { return [] }
        return request.workingDirectory == "/" ? [] : [.directory(request.workingDirectory, mode: 0o755)]
    }

    private static func restrictions(_ request: Request) -> [LaunchStep] {
        let security = request.security
        var steps: [LaunchStep] = masked.filter { !security.isUnmasked($0) }.map { .mask($0) }
        steps += readOnly.filter { !security.isUnmasked($0) }.map { .readOnly($0, alone: false) }
        guard request.root.isReadOnly else { return steps }
        if request.root.source == .host {
            steps += request.host.writableTrees.map { .readOnly($0, alone: true) }
        }
        return steps + [.readOnly("/", alone: true)]
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

    private static func kernelFileSystems(_ request: Request) -> [LaunchStep] {
        let nothing: LaunchStep.MountFlags = [.noSetUser, .noDevices, .noExecute]
        let isPrivileged = request.security.isPrivileged
        var steps: [LaunchStep] = [
            .fileSystem(kind: "proc", target: "/proc", options: "", flags: nothing),
            .fileSystem(
                kind: "sysfs", target: "/sys", options: "", flags: isPrivileged ? nothing : nothing.union(.readOnly)),
            // Without nodes of its own: a node made inside does not open, the host's are bound in one by one.
            .fileSystem(
                kind: "tmpfs", target: "/dev", options: "mode=755,size=64k",
                flags: isPrivileged ? .noSetUser : [.noSetUser, .noDevices]),
            .fileSystem(
                kind: "devpts", target: "/dev/pts",
                options: "newinstance,ptmxmode=0666,mode=0620" + (request.hasTerminalGroup ? ",gid=5" : ""),
                flags: [.noSetUser, .noExecute]),
            .fileSystem(kind: "mqueue", target: "/dev/mqueue", options: "", flags: nothing),
        ]
        if request.sharing.ipc == .host {
            steps.append(.bind(source: "/dev/shm", target: "/dev/shm", flags: []))
        } else {
            steps.append(
                .fileSystem(
                    kind: "tmpfs", target: "/dev/shm", options: "mode=1777,size=\(request.sharedMemory)", flags: nothing
                ))
        }
        return steps
    }

    /// Devices of which nothing of the host can be learned or changed.
    static let harmlessDevices = ["null", "zero", "full", "random", "urandom", "tty"]

    private static func nodes(_ request: Request) -> [LaunchStep] {
        harmlessDevices.map {
            .bind(source: "/dev/\($0)", target: "/dev/\($0)", flags: .devices)
        } + [
            .link("/dev/ptmx", content: "pts/ptmx"), .link("/dev/fd", content: "/proc/self/fd"),
            .link("/dev/stdin", content: "/proc/self/fd/0"), .link("/dev/stdout", content: "/proc/self/fd/1"),
            .link("/dev/stderr", content: "/proc/self/fd/2"),
        ] + request.devices.map { .bind(source: $0.source, target: $0.target, flags: .devices) }
    }

    private static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]
    private static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

extension RootPlan.Request {
    /// Whether the group that owns terminals has a number inside.
    fileprivate var hasTerminalGroup: Bool {
        if case .range(_, let count) = sharing.identifiers { return count > 5 }
        return true
    }
}
