/// What `--network` asks for.
public enum NetworkMode: Hashable, Sendable, CustomStringConvertible {
    /// A network namespace with nothing but its loopback link.
    case none
    /// The host's own namespace.
    case host
    /// The namespace of another container.
    case container(String)
    /// A namespace attached to these networks, in this order: eth0, eth1, ….
    case networks([String])

    /// The network of a container that names none.
    public static let standardNetwork = "bridge"

    /// Reads the values of all `--network` options.
    public init(_ values: [String]) throws(RunnerError) {
        guard values.count > 1 else {
            self = Self.single(values.first ?? Self.standardNetwork)
            if case .container("") = self {
                throw .invalid(option: "--network", value: values[0], expected: "container:NAME")
            }
            return
        }
        for value in values {
            guard case .networks = Self.single(value) else {
                throw .invalid(option: "--network", value: value, expected: "something that goes with other networks")
            }
        }
        if Set(values).count != values.count {
            throw .invalid(
                option: "--network", value: values.joined(separator: " "), expected: "a list of different networks")
        }
        self = .networks(values)
    }

    private static func single(_ value: String) -> NetworkMode {
        switch value {
        case "none": .none
        case "host": .host
        default:
            value.hasPrefix("container:") ? .container(String(value.dropFirst(10))) : .networks([value])
        }
    }

    /// As `--network` takes it.
    public var description: String {
        switch self {
        case .none: "none"
        case .host: "host"
        case .container(let name): "container:\(name)"
        case .networks(let names): names.joined(separator: ",")
        }
    }
}
