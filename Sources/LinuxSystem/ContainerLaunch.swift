internal import CLinux

// SAFETY: `launch` is owned by this value alone, made in init, freed in deinit, and never handed out.
/// Everything the child half of a container must know before it is cloned: no Swift runs between clone and exec.
///
/// Fill it, then `start` it as a new container or `enter` a running one. The process must have a single thread.
@safe
public struct ContainerLaunch: ~Copyable {
    /// Choices that are on or off.
    public struct Flags: OptionSet, Sendable {
        /// The child half's bits.
        public let rawValue: UInt32
        /// A set of flags.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The command's streams are a new terminal of the container; its other side arrives with `ready`.
        public static let terminal = Flags(rawValue: UInt32(HW_LAUNCH_TERMINAL))
        /// Executing a program never gives more rights.
        public static let noNewPrivileges = Flags(rawValue: UInt32(HW_LAUNCH_NO_NEW_PRIVILEGES))
        /// A network namespace of its own, with its loopback link up.
        public static let newNetwork = Flags(rawValue: UInt32(HW_LAUNCH_NEW_NETWORK))
        /// The private layer lives in memory.
        public static let privateInMemory = Flags(rawValue: UInt32(HW_LAUNCH_PRIVATE_TMPFS))
        /// `enter`: the command belongs to the container's init, not to the caller.
        public static let detached = Flags(rawValue: UInt32(HW_LAUNCH_DETACHED))
    }

    private let launch: OpaquePointer

    /// A launch without steps, command or rights.
    public init() { unsafe launch = hw_launch_new() }

    deinit { unsafe hw_launch_free(launch) }

    /// Adds a step to the building of the root.
    public mutating func add(_ step: LaunchStep) {
        let (kind, source, target, type, options, flags): (hw_step_kind, String, String, String, String, UInt) =
            switch step {
            case .directory(let target, let mode): (HW_STEP_DIRECTORY, "", target, "", "", UInt(mode))
            case .link(let target, let content): (HW_STEP_SYMLINK, content, target, "", "", 0)
            case .tree(let source, let target, let name, let readOnly):
                (
                    HW_STEP_TREE, source, target, name, Self.escapedForOverlay(source),
                    readOnly ? UInt(HW_TREE_READ_ONLY) : 0
                )
            case .fileSystem(let kind, let target, let options, let flags):
                (HW_STEP_FILESYSTEM, "", target, kind, options, flags.kernelFlags)
            case .bind(let source, let target, let flags): (HW_STEP_BIND, source, target, "", "", UInt(flags.rawValue))
            case .mask(let target): (HW_STEP_MASK, "", target, "", "", 0)
            case .readOnly(let target): (HW_STEP_READ_ONLY, "", target, "", "", 0)
            }
        unsafe hw_launch_add_step(launch, CInt(kind.rawValue), source, target, type, options, flags)
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

    /// The size of a private layer in memory, as tmpfs writes it.
    public mutating func setPrivateSize(_ size: String) { unsafe hw_launch_set_private_size(launch, size) }

    /// The size with which the command finds its terminal.
    public mutating func setTerminalSize(_ size: Terminal.Size) {
        unsafe hw_launch_set_terminal_size(launch, size.rows, size.columns)
    }

    /// The name the container's own UTS namespace carries.
    public mutating func setHostname(_ hostname: String) { unsafe hw_launch_set_hostname(launch, hostname) }

    /// Who runs the command.
    public mutating func setUser(_ user: UInt32, group: UInt32, supplementary: [UInt32]) {
        unsafe hw_launch_set_user(launch, user, group)
        for group in supplementary { unsafe hw_launch_add_group(launch, group) }
    }

    /// The most the command may hold: one bit for each capability.
    ///
    /// What this process was not given is left out.
    public mutating func setCapabilities(_ capabilities: UInt64) {
        unsafe hw_launch_set_capabilities(launch, capabilities)
    }

    /// Choices that are on or off.
    public mutating func setFlags(_ flags: Flags) { unsafe hw_launch_set_flags(launch, flags.rawValue) }

    /// The command's standard streams; the descriptors stay the caller's.
    public mutating func setStreams(input: CInt, output: CInt, error: CInt) {
        unsafe hw_launch_set_streams(launch, input, output, error)
    }

    /// The version 2 control group directory in which the process begins; the descriptor stays the caller's.
    public mutating func setControlGroup(_ directory: CInt) { unsafe hw_launch_set_cgroup(launch, directory) }

    /// The network namespace to join; the descriptor stays the caller's.
    public mutating func setNetwork(_ namespace: CInt) { unsafe hw_launch_set_network(launch, namespace) }

    /// Clones the container's first process: it builds the root, reports `ready`, and waits for its gate to open.
    public mutating func start() throws(SystemError) -> LaunchedProcess {
        var handle: CInt = -1
        var control: CInt = -1
        let process = unsafe hw_launch_start(launch, &handle, &control)
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

/// A container's first process, and the line to it until its command runs.
public struct LaunchedProcess: ~Copyable {
    /// The process: the container's init.
    public let handle: ProcessHandle
    /// What it reports.
    public let control: LaunchControl

    /// Ends the process, whatever it is doing, and collects it.
    public consuming func abandon() {
        _ = try? handle.send(.kill)
        _ = try? handle.reap()
    }
}

/// The line to a process between clone and exec; its end of file means that the command runs.
public struct LaunchControl: ~Copyable {
    private let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// The number, to poll.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// Lets the waiting process go on.
    public borrowing func openGate() throws(SystemError) {
        let result = hw_control_open_gate(descriptor.rawValue)
        if result < 0 { throw SystemError("send", "gate", Errno(rawValue: -result)) }
    }

    /// The next report; nil when the command runs, or the process is gone.
    public borrowing func next() throws(SystemError) -> LaunchReport? {
        var report = hw_report()
        var carried: CInt = -1
        let result = unsafe hw_control_receive(descriptor.rawValue, &report, &carried)
        if result < 0 { throw SystemError("recvmsg", "launch control", Errno(rawValue: -result)) }
        if result == 0 { return nil }
        let text = unsafe withUnsafeBytes(of: &report.text) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let terminal: OwnedDescriptor? = carried < 0 ? nil : OwnedDescriptor(owning: carried)
        let event: LaunchReport.Event =
            switch report.kind {
            case CInt(HW_REPORT_READY.rawValue): .ready
            case CInt(HW_REPORT_PROCESS.rawValue): .process(report.error)
            case CInt(HW_REPORT_EXEC_FAILED.rawValue): .notExecuted(command: text, Errno(rawValue: report.error))
            default: .failed(SystemError(text, "", Errno(rawValue: report.error)))
            }
        return LaunchReport(event: event, terminal: terminal)
    }
}

/// What a process says between clone and exec.
public struct LaunchReport: ~Copyable {
    /// The kinds of report.
    public enum Event: Hashable, Sendable {
        /// Root and namespaces are made; a terminal comes with it when one was asked for.
        case ready
        /// `enter`: the command's process id here.
        case process(Int32)
        /// A step of the preparation failed.
        case failed(SystemError)
        /// The command could not be executed.
        case notExecuted(command: String, Errno)
    }

    /// What happened.
    public let event: Event
    private var terminal: OwnedDescriptor?

    init(event: Event, terminal: consuming OwnedDescriptor?) {
        self.event = event
        self.terminal = terminal
    }

    /// The terminal's other side, once.
    public mutating func takeTerminal() -> OwnedDescriptor? { terminal.take() }
}
