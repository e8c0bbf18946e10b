internal import LinuxSystem

extension Runtime {
    /// `run`: creates a container, starts it, and unless detached waits for its end and deletes it.
    func run(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let id = options.arguments[0]
        let isDetached = options.has("detach")
        let creation = try prepare(options, staysAttached: !isDetached)
        let foreground = isDetached ? nil : try Foreground.open()
        let terminal = try make(creation, pidFile: options.value("pid-file"))
        do throws(OCIError) {
            _ = try start(id)
        } catch {
            try discard(id)
            throw error
        }
        switch foreground {
        case .none: return 0
        case .some(let foreground):
            guard let process = try store.existing(id).process else { return 0 }
            let status = try foreground.wait(for: process.identifier, terminal: terminal)
            if !options.has("keep") { try discard(id) }
            return status
        }
    }

    private func discard(_ id: String) throws(OCIError) {
        guard let lock = try store.lock(id) else { return }
        defer { lock.keepHeld() }
        guard let record = try store.record(id) else { return }
        try end(record)
        try remove(record)
    }
}
