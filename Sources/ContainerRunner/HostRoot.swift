public import LinuxSystem

/// What the host's root offers to a container's: observed once for each container.
public struct HostRoot: Hashable, Sendable {
    /// A top-level name of the host.
    public enum Entry: Hashable, Sendable {
        /// A directory: shown as a tree.
        case directory
        /// A link, as /bin is where it has merged into /usr: made again.
        case link(String)
    }

    /// The top-level names that a container sees of its host; all else begins empty.
    static let allowed = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "etc"]

    /// The allowed names that the host has, in order.
    public var entries: [(name: String, entry: Entry)]
    /// Whether a writable layer can be stacked on the filtered view: not where the root is itself a stack.
    public var stacks: Bool

    /// A root of these entries.
    public init(entries: [(name: String, entry: Entry)], stacks: Bool) {
        self.entries = entries
        self.stacks = stacks
    }

    /// Looks at the host's root.
    public static func observe() throws(SystemError) -> HostRoot {
        var entries: [(name: String, entry: Entry)] = []
        for name in allowed {
            if let link = try? Files.readLink("/" + name) {
                entries.append((name, .link(link)))
            } else if let status = try Files.status("/" + name), status.kind == .directory {
                entries.append((name, .directory))
            }
        }
        // Overlays may be stacked twice (FILESYSTEM_MAX_STACK_DEPTH); filter and private layer are two.
        return HostRoot(entries: entries, stacks: try !Files.fileSystem(of: "/usr").isOverlay)
    }

    /// The same entries.
    public static func == (left: HostRoot, right: HostRoot) -> Bool {
        left.stacks == right.stacks
            && left.entries.elementsEqual(right.entries) { $0.name == $1.name && $0.entry == $1.entry }
    }

    /// Hashes the names.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(stacks)
        for entry in entries { hasher.combine(entry.name) }
    }
}
