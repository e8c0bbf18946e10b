internal import CLinux

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
    let descriptor: OwnedDescriptor

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
            case CInt(HW_REPORT_NAMESPACES.rawValue): .namespaces
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
        /// The namespaces are made; the process waits at its early gate.
        case namespaces
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
