public import CNI
internal import JSON
public import LinuxSystem
public import RouteNetlink

/// The network namespace of a container, seen from a plugin process that lives in the host's.
public struct ContainerNetwork: ~Copyable {
    /// CNI_NETNS.
    public let path: String
    /// The container's namespace.
    public let namespace: NetworkNamespace
    private let home: NetworkNamespace

    /// Opens CNI_NETNS; code 4 when it is no network namespace.
    public static func open(_ path: String) throws(CNIError) -> ContainerNetwork {
        do throws(SystemError) {
            return ContainerNetwork(path: path, namespace: try .open(path), home: try .current())
        } catch {
            throw .invalidEnvironment(
                "CNI_NETNS: \(JSONValue.string(path).excerpt()) is not a network namespace", details: error.description)
        }
    }

    /// Opens CNI_NETNS for DEL; nil when it is empty, gone, or no namespace any more.
    public static func openIfPresent(_ path: String) -> ContainerNetwork? {
        if path.isEmpty { return nil }
        do throws(CNIError) {
            return try open(path)
        } catch {
            return nil
        }
    }

    /// Runs `body` inside the namespace: sockets opened there stay there, and /proc/sys/net is the container's.
    public borrowing func inside<R: ~Copyable>(_ body: () throws(SystemError) -> R) throws(SystemError) -> R {
        try namespace.enter(from: home, body)
    }

    /// Opens an rtnetlink connection inside the namespace.
    public borrowing func routeSocket() throws(SystemError) -> RouteSocket {
        try inside { () throws(SystemError) in try RouteSocket.open() }
    }
}
