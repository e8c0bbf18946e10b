/// A network namespace that a host keeps under /run/netns: a container's, or the outside.
public struct Container: Sendable, CustomStringConvertible {
    /// Its name among the host's namespaces.
    public let name: String
    /// Its path on the host: what goes into CNI_NETNS.
    public let path: String
    /// Where to run commands inside it; files are the host's.
    public let place: Place

    init(name: String, root: String, mounts: Descriptor?) throws {
        self.name = name
        path = "/run/netns/\(name)"
        place = Place(mounts: mounts, network: try Descriptor(opening: root + path))
    }

    /// The text for messages.
    public var description: String { name }
}
