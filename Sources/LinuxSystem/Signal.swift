internal import CLinux

/// A signal's number.
public struct Signal: Hashable, Sendable, CustomStringConvertible {
    /// The kernel's number.
    public let rawValue: CInt

    /// A signal of this number.
    public init(rawValue: CInt) { self.rawValue = rawValue }

    /// Ends a process at once.
    public static let kill = Signal(rawValue: SIGKILL)
    /// Asks a process to end.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// Typed at the terminal to interrupt.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// Typed at the terminal to quit.
    public static let quit = Signal(rawValue: SIGQUIT)
    /// The terminal is gone.
    public static let hangUp = Signal(rawValue: SIGHUP)
    /// The terminal's size has changed.
    public static let windowChanged = Signal(rawValue: SIGWINCH)

    /// The signals that a person or a service manager sends to a program in the foreground.
    public static let requests: [Signal] =
        [.terminate, .interrupt, .quit, .hangUp]
        + [SIGUSR1, SIGUSR2, SIGCONT].map { Signal(rawValue: $0) }

    private static let names: [(String, CInt)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2),
        ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("CHLD", SIGCHLD), ("CONT", SIGCONT),
        ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG),
        ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH),
        ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS),
    ]

    /// Reads "TERM", "SIGTERM" or "15".
    public init?(_ text: String) {
        if let number = CInt(text), number > 0, number < 65 {
            self.init(rawValue: number)
            return
        }
        for (name, number) in Self.names
        where isEqualIgnoringCase(text, name) || isEqualIgnoringCase(text, "SIG" + name) {
            self.init(rawValue: number)
            return
        }
        return nil
    }

    /// As "SIGTERM".
    public var description: String {
        for (name, number) in Self.names where number == rawValue { return "SIG" + name }
        return "signal \(rawValue)"
    }
}

/// Signals as something to poll for, instead of handlers that interrupt.
public struct SignalDescriptor: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// Blocks the signals for this thread and those made later; they arrive here.
    public static func open(_ signals: [Signal]) throws(SystemError) -> SignalDescriptor {
        let numbers = signals.map { $0.rawValue }
        let result = unsafe hw_signal_descriptor(numbers, numbers.count)
        if result < 0 { throw SystemError("signalfd", "", Errno(rawValue: -result)) }
        return SignalDescriptor(descriptor: OwnedDescriptor(owning: result))
    }

    /// The number, to poll.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// The next signal that has arrived, or nil.
    public borrowing func next() throws(SystemError) -> Signal? {
        let result = hw_signal_read(descriptor.rawValue)
        if result < 0 { throw SystemError("read", "signalfd", Errno(rawValue: -result)) }
        return result == 0 ? nil : Signal(rawValue: result)
    }
}
