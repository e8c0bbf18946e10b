internal import CLinux

// SAFETY: `launch` is owned by this value alone, made in init, freed in deinit, and never handed out.
/// Everything the child half of a container must know before it is cloned: no Swift runs between clone and exec.
///
/// Fill it, then `start` it as a new container or `enter` a running one. The process must have a single thread.
@safe
public struct ContainerLaunch: ~Copyable {
    let launch: OpaquePointer
    private var ownsCapabilitySets = false

    /// A launch without steps, command or rights.
    public init() { unsafe launch = hw_launch_new() }

    deinit { unsafe hw_launch_free(launch) }

    /// Adds a step to the building of the root.
    public mutating func add(_ step: LaunchStep) {
        func add(
            _ kind: hw_step_kind, source: String = "", _ target: String, type: String = "", options: String = "",
            flags: UInt = 0
        ) { unsafe hw_launch_add_step(launch, CInt(kind.rawValue), source, target, type, options, flags) }
        switch step {
        case .directory(let target, let mode): add(HW_STEP_DIRECTORY, target, flags: UInt(mode))
        case .link(let target, let content): add(HW_STEP_SYMLINK, source: content, target)
        case .tree(let source, let target, let name, let readOnly):
            add(
                HW_STEP_TREE, source: source, target, type: name, options: Self.escapedForOverlay(source),
                flags: readOnly ? UInt(HW_TREE_READ_ONLY) : 0)
        case .fileSystem(let kind, let target, let options, let flags):
            add(HW_STEP_FILESYSTEM, target, type: kind, options: options, flags: flags.kernelFlags)
        case .bind(let source, let target, let flags):
            add(HW_STEP_BIND, source: source, target, flags: UInt(flags.rawValue))
        case .mask(let target): add(HW_STEP_MASK, target)
        case .readOnly(let target, let alone): add(HW_STEP_READ_ONLY, target, flags: alone ? UInt(HW_ALONE) : 0)
        case .root(let source, let flags): add(HW_STEP_ROOT, source: source, "/", flags: UInt(flags.rawValue))
        case .layers(let directories):
            add(HW_STEP_LAYERS, source: directories.joined(separator: "\n"), "/", type: "all")
        case .device(let target, let device, let source):
            add(HW_STEP_DEVICE, source: source, target)
            unsafe hw_launch_set_device(
                launch, CChar(device.type.asciiValue ?? 0), device.major, device.minor, device.mode, device.user,
                device.group)
        case .mount(let mount):
            add(
                HW_STEP_MOUNT, source: mount.source, mount.target, type: mount.type, options: mount.data,
                flags: mount.flags)
            var how = hw_mount(
                bind: mount.type.isEmpty, recursive: mount.recursive, set: mount.set, cleared: mount.cleared,
                set_below: mount.setBelow, cleared_below: mount.clearedBelow, propagation: mount.propagation,
                copies_up: mount.copiesUp)
            unsafe hw_launch_set_mount(launch, &how)
        }
    }

    /// Overlay's option string separates layers by ":" and options by ",".
    private static func escapedForOverlay(_ path: String) -> String {
        var escaped: [UInt8] = []
        for byte in path.utf8 {
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\\") {
                escaped.append(UInt8(ascii: "\\"))
            }
            escaped.append(byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// The command, its environment ("NAME=value") and where it begins.
    public mutating func setCommand(_ arguments: [String], environment: [String]) {
        for argument in arguments { unsafe hw_launch_add_argument(launch, argument) }
        for assignment in environment { unsafe hw_launch_add_environment(launch, assignment) }
    }

    /// The container's state directory on the host, and the command's working directory inside.
    public mutating func setDirectories(state: String, working: String) {
        unsafe hw_launch_set_directories(launch, state, working)
    }

    /// Where the command begins, of a container whose root is a directory of the host and whose steps name no file of a
    /// state directory.
    public mutating func setWorkingDirectory(_ path: String) { unsafe hw_launch_set_directories(launch, nil, path) }

    /// The size of a private layer in memory, as tmpfs writes it.
    public mutating func setPrivateSize(_ size: String) { unsafe hw_launch_set_private_size(launch, size) }

    /// The size with which the command finds its terminal.
    public mutating func setTerminalSize(_ size: Terminal.Size) {
        unsafe hw_launch_set_terminal_size(launch, size.rows, size.columns)
    }

    /// The name the container's own UTS namespace carries.
    public mutating func setHostname(_ hostname: String) { unsafe hw_launch_set_hostname(launch, hostname) }

    /// The NIS domain name of the container's own UTS namespace.
    public mutating func setDomainName(_ name: String) { unsafe hw_launch_set_domain_name(launch, name) }

    /// Who runs the command.
    public mutating func setUser(_ user: UInt32, group: UInt32, supplementary: [UInt32]) {
        unsafe hw_launch_set_user(launch, user, group)
        for group in supplementary { unsafe hw_launch_add_group(launch, group) }
    }

    /// The most the command may hold: one bit for each capability; a user other than 0 holds none.
    ///
    /// What this process was not given is left out.
    public mutating func setCapabilities(_ capabilities: UInt64) {
        var sets = CapabilitySets()
        sets.bounding = capabilities
        unsafe hw_launch_set_capabilities(launch, sets.values)
        ownsCapabilitySets = false
    }

    /// What the command holds, set by set; what this process was not given is left out.
    public mutating func setCapabilities(_ sets: CapabilitySets) {
        unsafe hw_launch_set_capabilities(launch, sets.values)
        ownsCapabilitySets = true
    }

    /// Choices that are on or off; set after the capabilities.
    public mutating func setFlags(_ flags: Flags) {
        let sets = ownsCapabilitySets ? UInt32(HW_LAUNCH_CAPABILITY_SETS) : 0
        unsafe hw_launch_set_flags(launch, flags.rawValue | sets)
    }

    /// The command's standard streams; the descriptors stay the caller's.
    public mutating func setStreams(input: CInt, output: CInt, error: CInt) {
        unsafe hw_launch_set_streams(launch, input, output, error)
    }

    /// The version 2 control group directory in which the process begins; the descriptor stays the caller's.
    public mutating func setControlGroup(_ directory: CInt) { unsafe hw_launch_set_cgroup(launch, directory) }

    /// A version 1 control group directory, which the process joins first; the descriptor stays the caller's.
    public mutating func addLegacyControlGroup(_ directory: CInt) {
        unsafe hw_launch_add_legacy_cgroup(launch, directory)
    }

    /// Where the container's namespace of a kind comes from; the caller's where nothing is said.
    public mutating func setNamespace(_ kind: NamespaceKind, _ choice: NamespaceChoice) {
        unsafe hw_launch_set_namespace(launch, kind.number, choice.number)
    }

    /// Adds ids of users or groups to a new user namespace.
    public mutating func addMapping(_ mapping: Mapping, ofGroups: Bool) {
        unsafe hw_launch_add_mapping(launch, ofGroups, mapping.inside, mapping.outside, mapping.count)
    }

    /// A limit of the command, by its RLIMIT_* number; what may not be raised stays as high as it may be.
    public mutating func addLimit(_ resource: CInt, soft: UInt64, hard: UInt64) {
        unsafe hw_launch_add_limit(launch, resource, soft, hard)
    }

    /// A setting of the new namespaces, as "net.ipv4.ip_forward".
    public mutating func addSysctl(_ name: String, _ value: String) {
        var path = Array("/proc/sys/".utf8)
        // As sysctl(8): in a name with a slash, a dot is a part of a name.
        let dotted = !name.utf8.contains(UInt8(ascii: "/"))
        for byte in name.utf8 { path.append(dotted && byte == UInt8(ascii: ".") ? UInt8(ascii: "/") : byte) }
        unsafe hw_launch_add_sysctl(launch, String(decoding: path, as: UTF8.self), value)
    }

    /// A seccomp program, struct sock_filter by struct sock_filter, and flags of seccomp(2).
    public mutating func setFilter(_ program: [UInt8], flags: UInt32) {
        unsafe program.withUnsafeBytes {
            unsafe hw_launch_set_filter(launch, $0.baseAddress, $0.count, flags)
        }
    }

    /// How readily the kernel ends the container when memory runs out, -1000 to 1000.
    ///
    /// Without the right to lower it, it stays.
    public mutating func setOOMScore(_ score: Int32) { unsafe hw_launch_set_oom_score(launch, score) }

    /// The permissions that new files of the command do not get.
    public mutating func setFileModeMask(_ mask: UInt32) { unsafe hw_launch_set_umask(launch, mask) }

    /// The command's execution domain, personality(2).
    public mutating func setPersonality(_ personality: UInt) { unsafe hw_launch_set_personality(launch, personality) }

    /// How mounts spread between the root and the host: an MS_* flag.
    public mutating func setPropagation(_ flag: UInt) { unsafe hw_launch_set_propagation(launch, flag) }

    /// Clones the container's first process: it builds the root, reports `ready`, and waits for its gate to open.
    public mutating func start() throws(SystemError) -> LaunchedProcess {
        var handle: CInt = -1
        var control: CInt = -1
        let process = unsafe hw_launch_start(launch, &handle, &control)
        if process == -ECHILD {
            let line = LaunchControl(OwnedDescriptor(owning: control))
            guard let said = try line.next(), case .failed(let error) = said.event else {
                throw SystemError("clone3", "", Errno(rawValue: ECHILD))
            }
            throw error
        }
        if process < 0 { throw SystemError("clone3", "", Errno(rawValue: -process)) }
        return LaunchedProcess(
            handle: ProcessHandle(identifier: process, descriptor: OwnedDescriptor(owning: handle)),
            control: LaunchControl(OwnedDescriptor(owning: control)))
    }

    /// Runs the command in all namespaces of a container's process.
    public mutating func enter(_ process: borrowing ProcessHandle) throws(SystemError) -> LaunchControl {
        var control: CInt = -1
        let result = unsafe hw_launch_enter(launch, process.rawDescriptor, &control)
        if result < 0 { throw SystemError("fork", "", Errno(rawValue: -result)) }
        return LaunchControl(OwnedDescriptor(owning: control))
    }
}
