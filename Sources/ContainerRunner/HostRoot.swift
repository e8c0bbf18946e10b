public import LinuxSystem

/// What the host's root offers to a container's: observed once for each container.
public struct HostRoot: Hashable, Sendable {
    /// A top-level name of the host that a container sees.
    public struct Entry: Hashable, Sendable {
        /// The name below "/".
        public let name: String
        /// What it is.
        public let kind: Kind

        /// A name and what it is.
        public init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// What a name can be.
    public enum Kind: Hashable, Sendable {
        /// A directory: shown as a tree, below a private layer where its file system lets one be stacked.
        case directory(stacks: Bool)
        /// A link, as /bin is where it has merged into /usr: made again.
        case link(String)
    }

    /// The top-level names that a container sees of its host; all else begins empty.
    static let allowed = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "etc"]

    /// The allowed names that the host has, in order.
    public var entries: [Entry]

    /// A root of these entries.
    public init(_ entries: [Entry]) { self.entries = entries }

    /// Looks at the host's root.
    public static func observe() throws(SystemError) -> HostRoot {
        var entries: [Entry] = []
        for name in allowed {
            if let link = try? Files.readLink("/" + name) {
                entries.append(Entry(name, .link(link)))
            } else if let status = try Files.status("/" + name), status.kind == .directory {
                // Overlays may be stacked twice (FILESYSTEM_MAX_STACK_DEPTH), and filter and private layer are two.
                let stacks = try !Files.fileSystem(of: "/" + name).isOverlay
                entries.append(Entry(name, .directory(stacks: stacks)))
            }
        }
        return HostRoot(entries)
    }

    /// The trees that a container cannot change.
    var readOnlyTrees: [String] {
        entries.filter { $0.kind == .directory(stacks: false) }.map { "/" + $0.name }
    }

    /// The trees that have a private layer.
    var writableTrees: [String] {
        entries.filter { $0.kind == .directory(stacks: true) }.map { "/" + $0.name }
    }
}
