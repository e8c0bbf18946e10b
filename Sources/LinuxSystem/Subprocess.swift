internal import CLinux

/// How a program ended.
public enum ExitStatus: Hashable, Sendable {
    /// It called exit with this status, 0 to 255.
    case exited(Int)
    /// A signal of this number ended it.
    case signaled(Int)

    init(waitStatus status: CInt) {
        self =
            clinux_exited(status) != 0
            ? .exited(Int(clinux_exit_status(status))) : .signaled(Int(clinux_termination_signal(status)))
    }
}

/// Running other programs.
public enum Subprocess {
    /// What a program left behind.
    public struct Outcome: Sendable {
        /// How it ended.
        public let status: ExitStatus
        /// What it wrote to standard output.
        public let output: [UInt8]
    }

    /// Runs a program to its end with `input` on its standard input; standard error is shared with this process.
    ///
    /// EFBIG when it writes more than `outputLimit` bytes, ETIMEDOUT when it takes longer; it is killed then. ETXTBSY when
    /// the program's file is open for writing and stays so for a second.
    public static func run(
        _ path: String, arguments: [String], environment: [String], input: [UInt8], outputLimit: Int,
        milliseconds: Int
    ) throws(SystemError) -> Outcome {
        var toChild = try Pipe.open()
        var fromChild = try Pipe.open()
        let child = try spawn(
            path, arguments: arguments, environment: environment, input: toChild.readEnd, output: fromChild.writeEnd)
        toChild.closeReadEnd()
        fromChild.closeWriteEnd()
        var exchange = PipeExchange(path: path, input: input, outputLimit: outputLimit)
        do throws(SystemError) {
            try exchange.run(&toChild, &fromChild, deadline: Clock.monotonicMilliseconds() + Int64(milliseconds))
        } catch {
            _ = kill(child, SIGKILL)
            _ = waitForEnd(of: child)
            throw error
        }
        return Outcome(status: waitForEnd(of: child), output: exchange.output)
    }

    /// Starts a program and does not wait; -1 stands for /dev/null.
    ///
    /// The caller collects the process.
    public static func start(
        _ path: String, arguments: [String], environment: [String], input: CInt, output: CInt, error: CInt
    ) throws(SystemError) -> Int32 {
        try spawn(
            path, arguments: arguments, environment: environment, input: input, output: output, error: error)
    }

    private static func spawn(
        _ path: String, arguments: [String], environment: [String], input: CInt, output: CInt, error: CInt = 2
    ) throws(SystemError) -> pid_t {
        let child = unsafe withCStrings(arguments) { argumentList in
            unsafe withCStrings(environment) { environmentList in
                unsafe path.withCString { file in
                    var request = unsafe clinux_spawn_request(
                        path: file, arguments: argumentList, environment: environmentList, standard_input: input,
                        standard_output: output, standard_error: error)
                    return unsafe clinux_spawn(&request)
                }
            }
        }
        if child >= 0 { return child }
        let errno = Errno.current
        throw SystemError(
            "execve", path, errno,
            explanation: errno == .textFileBusy ? "somebody has had it open for writing for a second" : "")
    }

    private static func waitForEnd(of child: pid_t) -> ExitStatus {
        var status: CInt = 0
        _ = retrying { unsafe waitpid(child, &status, 0) }
        return ExitStatus(waitStatus: status)
    }

    /// Lends a NULL-terminated array of C strings.
    static func withCStrings<R>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
    ) -> R {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}

/// A pipe(2) whose ends can be closed one by one.
struct Pipe: ~Copyable {
    private var reading: OwnedDescriptor?
    private var writing: OwnedDescriptor?

    static func open() throws(SystemError) -> Pipe {
        var ends: (CInt, CInt) = (0, 0)
        let result = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe pipe2(bytes.baseAddress?.assumingMemoryBound(to: CInt.self), O_CLOEXEC)
        }
        if result != 0 { throw .last("pipe2") }
        return Pipe(reading: OwnedDescriptor(owning: ends.0), writing: OwnedDescriptor(owning: ends.1))
    }

    private init(reading: consuming OwnedDescriptor, writing: consuming OwnedDescriptor) {
        self.reading = consume reading
        self.writing = consume writing
    }

    /// The descriptor to read from; -1 once closed.
    var readEnd: CInt {
        switch reading {
        case .some(let end): end.rawValue
        case .none: -1
        }
    }
    /// The descriptor to write to; -1 once closed.
    var writeEnd: CInt {
        switch writing {
        case .some(let end): end.rawValue
        case .none: -1
        }
    }
    mutating func closeReadEnd() { reading = nil }
    mutating func closeWriteEnd() { writing = nil }
}

/// Feeds one pipe while it drains another, so that neither side can block the other for ever.
struct PipeExchange {
    let path: String
    let input: [UInt8]
    let outputLimit: Int
    var output: [UInt8] = []
    private var sent = 0

    init(path: String, input: [UInt8], outputLimit: Int) {
        self.path = path
        self.input = input
        self.outputLimit = outputLimit
    }

    mutating func run(_ toChild: inout Pipe, _ fromChild: inout Pipe, deadline: Int64) throws(SystemError) {
        // A child that does not read its input must give EPIPE, not end this process.
        let wasIgnored = clinux_ignore_broken_pipes(1)
        defer { _ = clinux_ignore_broken_pipes(wasIgnored) }
        _ = clinux_fcntl(toChild.writeEnd, F_SETFL, O_NONBLOCK)
        if input.isEmpty { toChild.closeWriteEnd() }
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let left = deadline - Clock.monotonicMilliseconds()
            if left <= 0 { throw SystemError("wait", path, .timedOut) }
            var waits = [
                pollfd(fd: fromChild.readEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: toChild.writeEnd, events: Int16(POLLOUT), revents: 0),
            ]
            let ready = unsafe waits.withUnsafeMutableBufferPointer {
                unsafe poll($0.baseAddress, 2, CInt(clamping: left))
            }
            if ready < 0 {
                if Errno.current == .interrupted { continue }
                throw .last("poll", path)
            }
            if waits[1].revents != 0 { try feed(&toChild) }
            guard waits[0].revents != 0 else { continue }
            let got = unsafe buffer.withUnsafeMutableBytes { unsafe read(fromChild.readEnd, $0.baseAddress, $0.count) }
            if got < 0 {
                if Errno.current == .interrupted { continue }
                throw .last("read", path)
            }
            if got == 0 { return }
            if output.count + got > outputLimit {
                throw SystemError("read", path, .fileTooLarge, explanation: "more than \(outputLimit) bytes of output")
            }
            output.append(contentsOf: buffer[0..<got])
        }
    }

    private mutating func feed(_ toChild: inout Pipe) throws(SystemError) {
        let count = unsafe input.withUnsafeBytes { bytes in
            unsafe write(toChild.writeEnd, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent)
        }
        if count < 0 {
            let errno = Errno.current
            if errno == .interrupted || errno == .wouldBlock { return }
            // The child has closed its input: what it has read is its business.
            toChild.closeWriteEnd()
            return
        }
        sent += count
        if sent == input.count { toChild.closeWriteEnd() }
    }
}
