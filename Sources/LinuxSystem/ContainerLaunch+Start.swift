internal import CLinux

extension ContainerLaunch {
    /// Programs of the container's own, run in its namespaces before its root is entered.
    ///
    /// For them and for the caller's own the process reports `namespaces` then, and waits for the state.
    public mutating func setCreateHooks(_ hooks: consuming HookList) {
        unsafe hw_launch_set_create_hooks(launch, hooks.release())
        unsafe hw_launch_set_reports_root(launch)
    }

    /// Programs of the container's own, run inside just before its command.
    public mutating func setStartHooks(_ hooks: consuming HookList) {
        unsafe hw_launch_set_start_hooks(launch, hooks.release())
    }

    /// Behind its gate the process waits until someone connects to this socket; the descriptor stays the caller's.
    public mutating func setStartSocket(_ socket: borrowing StartSocket) {
        unsafe hw_launch_set_start_socket(launch, socket.rawDescriptor)
    }

    /// How many descriptors beyond the standard streams the command gets.
    public mutating func setPreserved(_ count: Int) { unsafe hw_launch_set_preserved(launch, CInt(clamping: count)) }
}

/// The socket "start" in a directory, at which a created container waits for whoever starts it.
public struct StartSocket: ~Copyable {
    private let descriptor: OwnedDescriptor

    /// Its name.
    public static let name = "start"

    /// The number, for the launch.
    var rawDescriptor: CInt { descriptor.rawValue }

    /// Makes it in a directory.
    public static func listen(in directory: borrowing Directory) throws(SystemError) -> StartSocket {
        let result = hw_start_listen(directory.descriptor.rawValue)
        if result < 0 { throw SystemError("bind", "\(directory.path)/\(name)", Errno(rawValue: -result)) }
        return StartSocket(descriptor: OwnedDescriptor(owning: result))
    }

    /// The line to the container that waits there; ECONNREFUSED when it waits no more.
    public static func connect(in directory: borrowing Directory) throws(SystemError) -> LaunchControl {
        let result = hw_start_connect(directory.descriptor.rawValue)
        if result < 0 { throw SystemError("connect", "\(directory.path)/\(name)", Errno(rawValue: -result)) }
        return LaunchControl(OwnedDescriptor(owning: result))
    }
}

extension LaunchControl {
    /// Tells the waiting process the container's state, and lets it go on.
    public borrowing func sendState(_ state: String) throws(SystemError) {
        let result = unsafe hw_control_send_state(descriptor.rawValue, state)
        if result < 0 { throw SystemError("send", "container's state", Errno(rawValue: -result)) }
    }
}

extension Terminal {
    /// Gives a terminal's controlling side to whoever listens on a socket, as container runtimes do.
    public static func send(_ terminal: borrowing OwnedDescriptor, toConsole path: String) throws(SystemError) {
        let result = unsafe hw_console_send(path, terminal.rawValue)
        if result < 0 { throw SystemError("connect", path, Errno(rawValue: -result)) }
    }
}
