internal import ContainerShim
public import LinuxSystem

/// A look inside: a program of the host in any of a container's, a process's or a file's namespaces.
public struct NamespaceVisit: Sendable {
    /// Whom to visit.
    public enum Host: Hashable, Sendable {
        /// A running container.
        case container(String)
        /// A process.
        case process(Int32)
        /// The file of a namespace.
        case file(String)
    }

    /// The kinds that were asked for; none means each that the target has of its own.
    public var kinds: [NamespaceKind] = []
    /// The program's root: nil for that of the namespaces, "" for that of the target's process.
    public var root: String?
    /// Where the program begins, inside.
    public var workingDirectory: String?
    /// Who runs it.
    public var user: UInt32?
    /// Its group.
    public var group: UInt32?
    /// The program; empty for a shell.
    public var command: [String] = []

    /// A visit of each namespace that the target has of its own.
    public init() {}

    /// Runs the program and answers its exit status, as docker's `exec` would.
    public func run(in host: Host, _ runner: ContainerRunner) throws(RunnerError) -> Int32 {
        switch host {
        case .file(let path): return try run(inFile: path)
        case .process(let identifier): return try run(in: identifier, startTime: nil, "process \(identifier)")
        case .container(let key):
            let container = try runner.store.find(key)
            guard let live = container.live else { throw .notRunning(container.specification.name) }
            return try run(
                in: live.first.identifier, startTime: live.first.startTime,
                "container \(container.specification.name)")
        }
    }

    private func run(inFile path: String) throws(RunnerError) -> Int32 {
        let file = try during("entering \(path)") { () throws(SystemError) in try NamespaceFile.open(path) }
        if let other = kinds.first(where: { $0 != file.kind }) {
            throw .invalid(option: "enter", value: path, expected: "a namespace of kind \(other): it is \(file.kind)")
        }
        guard root?.isEmpty != true else {
            throw .invalid(option: "--root", value: "", expected: "a directory: a file of a namespace has no root")
        }
        let isOurs = try during("entering \(path)") { () throws(SystemError) in
            try file.kind.number() == file.number
        }
        let entry = entry(joining: isOurs ? [] : [file.kind], root: root)
        return try finish(entry.run(in: file), entry, path)
    }

    private func run(in identifier: Int32, startTime: Int64?, _ name: String) throws(RunnerError) -> Int32 {
        let handle = try during("entering \(name)") { () throws(SystemError) in
            guard let handle = try ProcessHandle.open(identifier, startTime: startTime) else {
                throw SystemError("pidfd_open", name, .noProcess)
            }
            return handle
        }
        let own = try during("entering \(name)") { () throws(SystemError) in
            var own: [NamespaceKind] = []
            for kind in NamespaceKind.allCases {
                guard let theirs = try kind.number(of: identifier), try kind.number() != theirs else { continue }
                own.append(kind)
            }
            return own
        }
        // Joining what one has already is needless, and of a user namespace refused.
        let joined = kinds.isEmpty ? own : own.filter { kinds.contains($0) }
        let entry = entry(joining: joined, root: root.map { $0.isEmpty ? "/proc/\(identifier)/root" : $0 })
        return try finish(entry.run(in: handle), entry, name)
    }

    private func entry(joining kinds: [NamespaceKind], root: String?) -> NamespaceEntry {
        var entry = NamespaceEntry(command: command.isEmpty ? ["/bin/sh"] : command)
        entry.kinds = kinds
        entry.root = root
        entry.workingDirectory = workingDirectory
        entry.user = user
        entry.group = group
        return entry
    }

    private func finish(_ outcome: NamespaceEntry.Outcome, _ entry: NamespaceEntry, _ name: String)
        throws(RunnerError) -> Int32
    {
        switch outcome {
        case .ended(let code): return code
        case .failed(let error): throw .notStarted(code: 125, reason: "entering \(name): \(error)")
        case .notExecuted(let errno):
            let program = entry.command.first ?? ""
            let place = entry.kinds.contains(.mount) || entry.root != nil ? " inside" : ""
            throw .notStarted(
                code: errno == .noEntry ? 127 : 126,
                reason: "entering \(name): cannot execute \(program)\(place): \(errno)")
        }
    }
}

extension NamespaceVisit.Host {
    /// What a word of the command line means: a path has a slash; a number is a process, unless a container is called so.
    public init(_ word: String, _ runner: ContainerRunner) throws(RunnerError) {
        if word.utf8.contains(UInt8(ascii: "/")) {
            self = .file(word)
        } else if let number = Int32(word), number > 0,
            try !runner.store.all().contains(where: { $0.specification.name == word })
        {
            self = .process(number)
        } else {
            self = .container(word)
        }
    }
}
