internal import LinuxSystem

/// A process that this one has started and stays with: its end, signals to pass on, and its terminal when it has one.
struct Foreground: ~Copyable {
    private let signals: SignalDescriptor

    /// Takes the signals that are to be passed on; opened before the process is started, so that none is lost.
    static func open() throws(OCIError) -> Foreground {
        let signals = try attempting("") { () throws(SystemError) in
            try SignalDescriptor.open(Signal.requests + [.windowChanged])
        }
        return Foreground(signals: signals)
    }

    /// Waits for the end of a child of this process; answers its exit status, 128 and more for a signal.
    borrowing func wait(for child: Int32, terminal: borrowing OwnedDescriptor?) throws(OCIError) -> CInt {
        let status = try attempting("wait for the container") { () throws(SystemError) in
            guard let process = try ProcessHandle.open(child) else { return try ProcessHandle.reap(child) }
            switch terminal {
            case .some(let master): try bridge(process, master)
            case .none: try passOn(process)
            }
            return try process.reap()
        }
        switch status {
        case .exited(let code): return CInt(code)
        case .signaled(let number): return 128 + CInt(number)
        }
    }

    private borrowing func passOn(_ process: borrowing ProcessHandle) throws(SystemError) {
        while true {
            let ready = try Poll.wait(for: [process.rawDescriptor, signals.rawDescriptor])
            if ready[0] { return }
            while let signal = try signals.next() {
                if signal != .windowChanged { try process.send(signal) }
            }
        }
    }

    /// Connects this process's streams with the terminal until the process has ended and all it wrote is read.
    private borrowing func bridge(_ process: borrowing ProcessHandle, _ master: borrowing OwnedDescriptor)
        throws(SystemError)
    {
        guard Terminal.isTerminal(0) else { return try pump(process, master) }
        let raw = try Terminal.enterRawMode(0)
        defer { raw.keepHeld() }
        try pump(process, master)
    }

    private borrowing func pump(_ process: borrowing ProcessHandle, _ master: borrowing OwnedDescriptor)
        throws(SystemError)
    {
        if let size = Terminal.size(of: 0) { try Terminal.resize(master.rawValue, to: size) }
        var buffer = [UInt8](repeating: 0, count: 32768)
        var readsInput = true
        var hasEnded = false
        while true {
            let ready = try Poll.wait(
                for: [
                    master.rawValue, readsInput ? 0 : -1, hasEnded ? -1 : process.rawDescriptor, signals.rawDescriptor,
                ], milliseconds: hasEnded ? 0 : nil)
            if ready[0] {
                guard let count = try master.readSome(into: &buffer), count > 0 else { return }
                _ = Streams.write(buffer, count: count, to: 1)
            }
            if ready[1] {
                let count = try Streams.readSome(from: 0, into: &buffer) ?? 0
                if count == 0 {
                    readsInput = false
                } else {
                    _ = Streams.write(buffer, count: count, to: master.rawValue)
                }
            }
            if hasEnded, !ready[0] { return }
            if ready[2] { hasEnded = true }
            while let signal = try signals.next() {
                if signal != .windowChanged {
                    try process.send(signal)
                } else if let size = Terminal.size(of: 0) {
                    try Terminal.resize(master.rawValue, to: size)
                }
            }
        }
    }
}
