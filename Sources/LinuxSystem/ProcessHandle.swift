internal import CLinux

/// A process that cannot be mistaken for a later one with the same number: a pidfd.
public struct ProcessHandle: ~Copyable, Sendable {
    /// The number in this process's pid namespace.
    public let identifier: Int32
    private let descriptor: OwnedDescriptor

    init(identifier: Int32, descriptor: consuming OwnedDescriptor) {
        self.identifier = identifier
        self.descriptor = descriptor
    }

    /// The number, to poll: readable once the process has ended.
    public var rawDescriptor: CInt { descriptor.rawValue }

    /// This process.
    public static var current: Int32 { getpid() }

    /// Whether this process has the rights of root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Opens a running process; nil when none has the number, or one that started at another time.
    public static func open(_ identifier: Int32, startTime: Int64? = nil) throws(SystemError) -> ProcessHandle? {
        let descriptor = clinux_pidfd_open(identifier)
        if descriptor < 0 {
            let error = SystemError.last("pidfd_open", "process \(identifier)")
            if error.errno == .noProcess || error.errno == .invalidArgument { return nil }
            throw error
        }
        let handle = ProcessHandle(identifier: identifier, descriptor: OwnedDescriptor(owning: descriptor))
        // Asked after the pidfd was opened: the answer is of the process the pidfd holds.
        if let startTime, try Self.startTime(of: identifier) != startTime { return nil }
        return handle
    }

    /// When a process started, in clock ticks since the machine did (proc(5), field 22); nil when there is none.
    public static func startTime(of identifier: Int32) throws(SystemError) -> Int64? {
        let content: [UInt8]?
        do throws(SystemError) {
            content = try Files.readIfPresent("/proc/\(identifier)/stat", limit: 4096)
        } catch {
            if error.errno == .noProcess { return nil }
            throw error
        }
        // The name in parentheses may hold anything: count fields behind its end, where field 3 begins.
        guard let content, let end = content.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = content[content.index(after: end)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19 else { return nil }
        // A zombie has ended; nobody has asked how yet.
        if fields[0].elementsEqual("Z".utf8) || fields[0].elementsEqual("X".utf8) { return nil }
        return Int64(String(decoding: fields[19], as: UTF8.self))
    }

    /// Sends a signal; false when the process has ended.
    @discardableResult
    public borrowing func send(_ signal: Signal) throws(SystemError) -> Bool {
        let result = hw_pidfd_send(descriptor.rawValue, signal.rawValue)
        if result == 0 { return true }
        let errno = Errno(rawValue: -result)
        if errno == .noProcess { return false }
        throw SystemError("pidfd_send_signal", "process \(identifier)", errno)
    }

    /// Waits until the process has ended; false when `milliseconds` pass first.
    public borrowing func waitForEnd(milliseconds: Int) throws(SystemError) -> Bool {
        try Poll.wait(for: [descriptor.rawValue], milliseconds: milliseconds)[0]
    }

    /// How a child of this process ended; waits for it.
    public borrowing func reap() throws(SystemError) -> ExitStatus { try Self.reap(identifier) }

    /// How the child of this number ended; waits for it.
    public static func reap(_ child: Int32) throws(SystemError) -> ExitStatus {
        var status: CInt = 0
        let result = unsafe hw_wait(child, true, &status)
        if result < 0 { throw SystemError("waitpid", "process \(child)", Errno(rawValue: -result)) }
        return ExitStatus(waitStatus: status)
    }

    /// Sets the name under which ps(1) and pkill(1) know this process, at most 15 bytes.
    public static func setName(_ name: String) { unsafe hw_set_process_name(name) }

    /// Makes this process a session of its own and the one that orphans below it fall to.
    public static func becomeShepherd() throws(SystemError) {
        if setsid() < 0 { throw .last("setsid") }
        let result = hw_make_subreaper()
        if result < 0 { throw SystemError("prctl", "PR_SET_CHILD_SUBREAPER", Errno(rawValue: -result)) }
        _ = clinux_ignore_broken_pipes(1)
    }
}
