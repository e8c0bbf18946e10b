internal import ContainerShim
internal import JSON
public import LinuxSystem

/// One end of `hawser cp`.
public enum CopyEnd: Hashable, Sendable {
    /// A path of the host.
    case host(String)
    /// A path in a container.
    case container(String, path: String)

    /// Reads CONTAINER:PATH, or a path; one with a "/" or "." before its first colon is the host's.
    public init(_ text: String) {
        if let colon = text.firstIndex(of: ":"), !text.hasPrefix("/"), !text.hasPrefix(".") {
            let name = text[..<colon]
            if !name.isEmpty, !name.contains("/") {
                self = .container(String(name), path: String(text[text.index(after: colon)...]))
                return
            }
        }
        self = .host(text)
    }
}

extension ContainerRunner {
    /// How files are copied.
    public struct CopyWishes: Hashable, Sendable {
        /// Whether owners and set-id bits are kept.
        public var keepsOwners = false
        /// Whether a link that is named is followed.
        public var followsLinks = false

        /// Neither.
        public init() {}
    }

    /// Copies a file or directory into a container or out of one, by docker's rules for what the paths mean.
    public func copy(_ from: CopyEnd, to: CopyEnd, _ wishes: CopyWishes) throws(RunnerError) -> RootedTree.Copied {
        switch (from, to) {
        case (.container(let key, let path), .host(let target)):
            return try withRoot(of: key) { (tree, _) throws(RunnerError) in
                let host = try hostTree()
                return try copy(tree, path, to: host, absolute(target), wishes, owner: ownOwner)
            }
        case (.host(let source), .container(let key, let path)):
            return try withRoot(of: key) { (tree, specification) throws(RunnerError) in
                let host = try hostTree()
                let root = try rootOwner(tree, specification)
                return try copy(host, absolute(source), to: tree, path, wishes, owner: root)
            }
        case (.host, .host):
            throw .notStarted(code: 125, reason: "cp: one of the two must be CONTAINER:PATH")
        case (.container, .container):
            throw .notStarted(
                code: 125, reason: "cp: copying between containers is not supported; copy by way of the host")
        }
    }

    private func hostTree() throws(RunnerError) -> RootedTree {
        try during("opening the host's root") { () throws(SystemError) in try RootedTree.open("/", name: "") }
    }

    private func absolute(_ path: String) throws(RunnerError) -> String {
        if path.hasPrefix("/") { return path }
        return try during("looking for the working directory") { () throws(SystemError) in
            try Files.realPath(".") + "/" + path
        }
    }

    /// Who copies to the host.
    private var ownOwner: RootedTree.Owner { .given(user: 0, group: 0) }

    /// The container's root, as the host numbers it.
    private func rootOwner(
        _ tree: borrowing RootedTree, _ specification: ContainerSpecification
    ) throws(RunnerError) -> RootedTree.Owner {
        let plan = "\(paths.state(of: specification.id))/\(Shim.planFileName)"
        let first = try StateFile.read(plan)?.object?["identifiers"]?.array?.first?.array
        let outside = first.flatMap { $0.count > 1 ? $0[1].integer : nil } ?? 0
        return .given(user: UInt32(clamping: outside), group: UInt32(clamping: outside))
    }

    /// Lends the root of a container: that of its first process, or one that is built for this when it does not run.
    private func withRoot<R>(
        of key: String, _ body: (borrowing RootedTree, ContainerSpecification) throws(RunnerError) -> R
    ) throws(RunnerError) -> R {
        let container = try store.find(key)
        let specification = container.specification
        func open(_ path: String) throws(RunnerError) -> RootedTree {
            try during("opening the root of container \(specification.name)") { () throws(SystemError) in
                try RootedTree.open(path, name: specification.name + ":")
            }
        }
        if let live = container.live {
            return try body(try open("/proc/\(live.first.identifier)/root"), specification)
        }
        guard case .restarting = container.state else {
            return try withHeldRoot(of: specification, open, body)
        }
        throw .container(specification.name, "it is between two starts: stop it, or try again once it runs")
    }

    private func withHeldRoot<R>(
        of specification: ContainerSpecification, _ open: (String) throws(RunnerError) -> RootedTree,
        _ body: (borrowing RootedTree, ContainerSpecification) throws(RunnerError) -> R
    ) throws(RunnerError) -> R {
        // Two who mount one layer at once would spoil it.
        let run = paths.run(of: specification.id)
        let making = try store.beginMaking(specification.id)
        defer { making.keepHeld() }
        if try StateFile.read("\(paths.state(of: specification.id))/\(Shim.planFileName)") == nil {
            try prepare(specification, Start(detached: true), joined: nil)
        }
        let root: HeldRoot
        do throws(HeldRoot.Refusal) {
            root = try HeldRoot.open(stateDirectory: paths.state(of: specification.id))
        } catch {
            throw .container(specification.name, "its root cannot be built: \(error.reason)")
        }
        do throws(RunnerError) {
            let result = try body(try open(root.path), specification)
            root.close()
            try? Files.removeTree(run)
            return result
        } catch {
            root.close()
            try? Files.removeTree(run)
            throw error
        }
    }

    private func copy(
        _ source: borrowing RootedTree, _ from: String, to target: borrowing RootedTree, _ to: String,
        _ wishes: CopyWishes, owner: RootedTree.Owner
    ) throws(RunnerError) -> RootedTree.Copied {
        let owner = wishes.keepsOwners ? .kept : owner
        do throws(SystemError) {
            return try CopyPaths(from: from, to: to, followsLinks: wishes.followsLinks).copy(source, target, owner)
        } catch {
            throw .notStarted(code: 1, reason: "cp: \(error)")
        }
    }
}

/// docker's rules for what two paths of a copy mean.
struct CopyPaths {
    private let source: String
    /// Whether the contents of the source are meant, and not the directory itself.
    private let isContents: Bool
    private let target: String
    private let targetIsDirectory: Bool
    private let followsLinks: Bool

    init(from: String, to: String, followsLinks: Bool) {
        var source = from.hasPrefix("/") ? from : "/" + from
        isContents = source.hasSuffix("/.") || source.allSatisfy { $0 == "/" }
        if source.hasSuffix("/.") { source.removeLast() }
        self.source = Self.trimmed(source)
        target = Self.trimmed(to.hasPrefix("/") ? to : "/" + to)
        targetIsDirectory = to.hasSuffix("/") || to.hasSuffix("/.")
        self.followsLinks = followsLinks
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    func copy(
        _ from: borrowing RootedTree, _ to: borrowing RootedTree, _ owner: RootedTree.Owner
    ) throws(SystemError) -> RootedTree.Copied {
        guard let kind = try from.kind(source, followingLinks: followsLinks || isContents) else {
            throw SystemError("open", from.name + source, .noEntry)
        }
        let there = try to.kind(target)
        let (parent, name) = Files.split(source)
        if isContents, kind != .directory { throw SystemError("open", from.name + source + "/.", .notDirectory) }
        if kind == .directory, let there, there != .directory {
            throw SystemError("copy a directory to", to.name + target, .notDirectory)
        }
        if there == nil, targetIsDirectory, kind != .directory {
            throw SystemError("open", to.name + target + "/", .noEntry)
        }
        let (targetParent, targetName) = Files.split(target)
        if isContents || (followsLinks && kind == .directory) {
            let inside = try from.contents(source)
            let place = there == .directory && !isContents ? target + "/" + name : target
            try to.makeDirectory(place, owner: owner)
            return try RootedTree.copy(inside, to: try to.contents(place), owner: owner)
        }
        let entry = followsLinks ? try from.resolved(source) : try from.entry(name, of: parent)
        let place = there == .directory ? try to.entry(name, of: target) : try to.entry(targetName, of: targetParent)
        return try RootedTree.copy(entry, to: place, owner: owner)
    }
}
