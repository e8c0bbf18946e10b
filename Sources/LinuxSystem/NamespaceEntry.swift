internal import CLinux

/// A program that runs in some of another process's namespaces, and otherwise here: what nsenter(1) does.
public struct NamespaceEntry: Sendable {
    /// How the program came to its end.
    public enum Outcome: Hashable, Sendable {
        /// It ran: its exit status, or 128 and the number of the signal that ended it.
        case ended(Int32)
        /// It could not be executed.
        case notExecuted(Errno)
        /// Its surroundings could not be made.
        case failed(SystemError)
    }

    /// The kinds to join.
    public var kinds: [NamespaceKind] = []
    /// The directory that becomes the program's root.
    public var root: String?
    /// Where it begins, inside.
    public var workingDirectory: String?
    /// Who runs it; nil for the caller, or user 0 of a user namespace that is joined.
    public var user: UInt32?
    /// Its group, likewise.
    public var group: UInt32?
    /// The program, looked for in PATH, and its arguments.
    public var command: [String]

    /// A program in the namespaces that this process has.
    public init(command: [String]) { self.command = command }

    /// Runs it in namespaces of a process.
    public func run(in process: borrowing ProcessHandle) -> Outcome { run(target: process.rawDescriptor) }

    /// Runs it in one namespace.
    public func run(in namespace: borrowing NamespaceFile) -> Outcome {
        run(target: namespace.descriptor.rawValue)
    }

    private func run(target: CInt) -> Outcome {
        var top: OwnedDescriptor?
        do throws(SystemError) {
            if let root { top = try OwnedDescriptor.directory(root) }
        } catch {
            return .failed(error)
        }
        let directory: CInt =
            switch top {
            case .some(let open): open.rawValue
            case .none: -1
            }
        var failure = hw_enter_failure()
        let code = unsafe withArguments { arguments, working in
            var request = unsafe hw_enter(
                target: target, namespaces: kinds.reduce(0) { $0 | $1.flag }, root: directory, working: working,
                uid: user.map(Int64.init) ?? -1, gid: group.map(Int64.init) ?? -1, arguments: arguments)
            return unsafe hw_enter_run(&request, &failure)
        }
        _ = top.take()
        if failure.error == 0 { return .ended(code) }
        let errno = Errno(rawValue: failure.error)
        if failure.is_program != 0 { return .notExecuted(errno) }
        let action = unsafe withUnsafeBytes(of: &failure.action) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .failed(SystemError(action, subject(of: action), errno))
    }

    private func subject(of action: String) -> String {
        switch action {
        case "setns": kinds.map { $0.rawValue }.joined(separator: ",")
        case "chroot": root ?? ""
        case "chdir": workingDirectory ?? ""
        default: ""
        }
    }

    private func withArguments(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<CChar>?) -> CInt
    ) -> CInt {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
        let working = unsafe workingDirectory.flatMap { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer {
            for index in unsafe pointers.indices { unsafe free(pointers[index]) }
            unsafe free(working)
        }
        return unsafe pointers.withUnsafeBufferPointer { list in
            guard let start = list.baseAddress else { return 125 }
            return unsafe body(start, UnsafePointer(working))
        }
    }
}
