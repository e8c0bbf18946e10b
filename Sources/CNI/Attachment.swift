internal import JSON

/// One interface of one container in one network: what ADD makes and DEL removes.
public struct Attachment: Hashable, Sendable {
    /// What names an attachment within its network, in requests and in the list that GC is given.
    public struct ID: Hashable, Sendable {
        /// CNI_CONTAINERID.
        public let containerID: String
        /// CNI_IFNAME: the interface's name inside the container.
        public let ifname: String

        /// The attachment of a container by an interface.
        public init(containerID: String, ifname: String) {
            self.containerID = containerID
            self.ifname = ifname
        }
    }

    /// The name of the network.
    public let network: String
    /// Container and interface.
    public let id: ID
    /// CNI_NETNS: the path of the container's network namespace; empty when DEL came without one.
    public let netns: String

    /// An attachment whose names follow the specification's rules: code 7 for the network's, code 4 for the others.
    public init(network: String, containerID: String, ifname: String, netns: String) throws(CNIError) {
        try NameRules.checkNetwork(network)
        try NameRules.checkContainerID(containerID)
        try NameRules.checkInterface(ifname)
        try NameRules.checkNamespacePath(netns)
        self.network = network
        self.id = ID(containerID: containerID, ifname: ifname)
        self.netns = netns
    }

    /// CNI_CONTAINERID.
    public var containerID: String { id.containerID }

    /// CNI_IFNAME.
    public var ifname: String { id.ifname }
}

/// What names from outside may look like before they become paths, link names and comments.
public enum NameRules {
    /// NAME_MAX: these names become file names.
    static let maximumLength = 255
    /// IFNAMSIZ - 1.
    static let maximumInterfaceLength = 15
    /// PATH_MAX - 1.
    static let maximumPathLength = 4095

    /// Code 7 unless it begins with a letter or digit and goes on with letters, digits, `_`, `.` and `-`.
    public static func checkNetwork(_ name: String) throws(CNIError) {
        guard !name.isEmpty else { throw .invalidConfiguration("\"name\" is required: the network's name") }
        guard isIdentifier(name) else {
            throw .invalidConfiguration("\"name\": \(quoted(name)) is invalid: \(identifierRule)")
        }
    }

    /// Code 4 unless it begins with a letter or digit and goes on with letters, digits, `_`, `.` and `-`.
    public static func checkContainerID(_ name: String) throws(CNIError) {
        guard isIdentifier(name) else {
            throw .invalidEnvironment("CNI_CONTAINERID: \(quoted(name)) is invalid: \(identifierRule)")
        }
    }

    /// Code 4 unless the kernel would take it as the name of a link (dev_valid_name() in net/core/dev.c).
    public static func checkInterface(_ name: String) throws(CNIError) {
        // '%' is a template to the kernel: "eth%d" would name another link than it says. U+FFFD stands where the
        // environment was not UTF-8.
        let isAcceptable = name.utf8.allSatisfy { byte in
            byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ":")
                && byte != UInt8(ascii: "%")
        }
        guard (1...maximumInterfaceLength).contains(name.utf8.count), isAcceptable, name != ".", name != "..",
            !name.unicodeScalars.contains("\u{FFFD}")
        else {
            throw .invalidEnvironment(
                "CNI_IFNAME: \(quoted(name)) is invalid: it must be 1 to \(maximumInterfaceLength) bytes without "
                    + "'/', ':', '%', white space and control characters, and not '.' or '..'")
        }
    }

    /// Code 4 unless it could be a path.
    static func checkNamespacePath(_ path: String) throws(CNIError) {
        guard path.utf8.count <= maximumPathLength, !path.utf8.contains(0) else {
            throw .invalidEnvironment("CNI_NETNS: \(quoted(path)) is invalid: it is too long or contains NUL")
        }
    }

    /// Code 7 unless a plugin type can be the name of a file in a directory of CNI_PATH.
    public static func checkType(_ type: String, key: String) throws(CNIError) {
        guard !type.isEmpty else { throw .invalidConfiguration("\"\(key)\" is required: the name of a plugin") }
        guard type.utf8.count <= maximumLength, type != ".", type != "..",
            type.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") })
        else {
            throw .invalidConfiguration("\"\(key)\": \(quoted(type)) is invalid: it must be the name of a plugin")
        }
    }

    static func quoted(_ text: String) -> String { JSONValue.string(text).excerpt() }

    private static let identifierRule =
        "it must be 1 to \(maximumLength) letters, digits, '_', '.' or '-', and begin with a letter or digit"

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= maximumLength, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
