public import LinuxSystem

/// What CNI_NETNS has to be for a plugin.
public enum NamespaceRule: Sendable, Hashable {
    /// Another namespace than the caller's; the caller's own is refused (code 8) unless CNI_NETNS_OVERRIDE is set.
    case another
    /// Given, but not looked at: IPAM plugins hand out addresses whatever the namespace.
    case unused
    /// Possibly empty, and judged by the plugin itself.
    case judgedByPlugin

    /// Whether a path leads to the calling thread's own network namespace; ENOENT when there is nothing.
    public static func isOwn(_ path: String) throws(SystemError) -> Bool {
        let given = try NetworkNamespace.open(path)
        return given.identity == (try NetworkNamespace.currentIdentity())
    }
}
