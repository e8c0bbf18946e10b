internal import LinuxSystem

/// Whose an element is: one interface of one container in one network.
public struct Owner: Hashable, Sendable, CustomStringConvertible {
    /// The network's name.
    public let network: String
    /// The container's id.
    public let containerID: String
    /// The interface's name in the container.
    public let interface: String

    /// Names an attachment by the three values the runtime gave.
    public init(network: String, containerID: String, interface: String) {
        self.network = network
        self.containerID = containerID
        self.interface = interface
    }

    /// The comment of the attachment's elements: the names, or digests of them where they are too long.
    public var tag: String {
        let plain = "\(network)/\(containerID)/\(interface)"
        if plain.utf8.count <= Owner.tagLimit { return plain }
        return "\(Owner.digest(of: network))/\(Digest.sha256Hex(containerID, digits: 32))/\(interface)"
    }

    /// The same as `tag`.
    public var description: String { tag }

    /// Whether a comment names an attachment of this network.
    static func tag(_ tag: String, belongsTo network: String) -> Bool {
        hasPrefix(tag, "\(network)/") || hasPrefix(tag, "\(digest(of: network))/")
    }

    /// The first 16 hexadecimal digits of a name's SHA-256.
    static func digest(of name: String) -> String { Digest.sha256Hex(name, digits: 16) }

    /// nft shows comments of up to 128 bytes, the final NUL included.
    private static let tagLimit = 127
}
