public import JSON

/// `linux` of config.json.
public struct LinuxSpecification: Sendable {
    /// The namespaces that are not the runtime's own, each kind once.
    public var namespaces: [NamespaceSpecification] = []
    /// User ids of a new user namespace.
    public var userMappings: [IDMapping] = []
    /// Group ids of a new user namespace.
    public var groupMappings: [IDMapping] = []
    /// Device nodes beside the default ones.
    public var devices: [DeviceNode] = []
    /// Limits, for the control group; in JSON as module ControlGroups reads it.
    public var resources: JSONObject?
    /// Where the control group is; chosen by the runtime when nil.
    public var controlGroupPath: String?
    /// How mounts of root and host see each other.
    public var rootPropagation: MountPropagation?
    /// The filter of system calls; in JSON as module Seccomp reads it.
    public var seccomp: JSONObject?
    /// Paths that nobody can read inside.
    public var maskedPaths: [String] = []
    /// Paths that nobody can change inside.
    public var readOnlyPaths: [String] = []
    /// Kernel settings of the container's namespaces, with slashes: "net/ipv4/ip_forward".
    public var settings: [(key: String, value: String)] = []
    /// The execution domain of personality(2).
    public var personality: UInt32?
    /// What is accepted and has no effect here, for a warning.
    public var ignored: [String] = []

    init(_ reader: SpecificationReader?) throws(OCIError) {
        guard let reader else { return }
        for nested in try reader.objects("namespaces") {
            let namespace = try NamespaceSpecification(nested)
            guard self.namespace(namespace.kind) == nil else {
                throw nested.wrong("type", "occurs twice: \(namespace.kind.rawValue)")
            }
            namespaces.append(namespace)
        }
        userMappings = try IDMapping.read(reader, "uidMappings")
        groupMappings = try IDMapping.read(reader, "gidMappings")
        if let offsets = try reader.nested("timeOffsets"), !offsets.object.isEmpty {
            throw reader.wrong("timeOffsets", "are not supported")
        }
        for nested in try reader.objects("devices") { devices.append(try DeviceNode(nested)) }
        resources = try reader.nested("resources")?.object
        controlGroupPath = try reader.string("cgroupsPath")
        if controlGroupPath?.isEmpty ?? false { controlGroupPath = nil }
        if let text = try reader.string("rootfsPropagation"), !text.isEmpty {
            guard let known = MountPropagation(name: text) else {
                throw reader.wrong("rootfsPropagation", "must be shared, slave, private or unbindable, not \(text)")
            }
            rootPropagation = known
        }
        seccomp = try reader.nested("seccomp")?.object
        maskedPaths = try Self.absolute(reader, "maskedPaths")
        readOnlyPaths = try Self.absolute(reader, "readonlyPaths")
        for pair in try reader.pairs("sysctl") { settings.append((try Self.settingName(reader, pair.key), pair.value)) }
        if let domain = try reader.nested("personality") { personality = try Self.personality(domain) }
        if let label = try reader.string("mountLabel"), !label.isEmpty {
            ignored.append("linux.mountLabel \(label) is ignored: SELinux is not used here")
        }
        if try reader.nested("intelRdt") != nil { ignored.append("linux.intelRdt is ignored") }
    }

    /// The namespace of a kind, when it is not the runtime's own.
    public func namespace(_ kind: NamespaceSpecification.Kind) -> NamespaceSpecification? {
        namespaces.first { $0.kind == kind }
    }

    private static func absolute(_ reader: SpecificationReader, _ key: String) throws(OCIError) -> [String] {
        let paths = try reader.strings(key)
        for path in paths where path.utf8.first != UInt8(ascii: "/") {
            throw reader.wrong(key, "must hold absolute paths, not \(path)")
        }
        return paths
    }

    /// "net.ipv4.ip_forward", or with slashes where a name holds a dot: "net/ipv4/conf/eth0.1/forwarding".
    private static func settingName(_ reader: SpecificationReader, _ key: String) throws(OCIError) -> String {
        var bytes = Array(key.utf8)
        // As sysctl(8) reads it: the first separator decides which one it is; the other then stands for it in a name.
        let dots = bytes.first { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") } == UInt8(ascii: ".")
        if dots {
            for index in bytes.indices {
                if bytes[index] == UInt8(ascii: ".") {
                    bytes[index] = UInt8(ascii: "/")
                } else if bytes[index] == UInt8(ascii: "/") {
                    bytes[index] = UInt8(ascii: ".")
                }
            }
        }
        let path = String(decoding: bytes, as: UTF8.self)
        for part in splitPath(path) where part == ".." || part == "." {
            throw reader.wrong("sysctl", "holds a key that is no kernel setting: \(key)")
        }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "/") else {
            throw reader.wrong("sysctl", "holds a key that is no kernel setting: \(key)")
        }
        return path
    }

    private static func personality(_ reader: SpecificationReader) throws(OCIError) -> UInt32 {
        let domain = try reader.needed("domain")
        guard try reader.strings("flags").isEmpty else { throw reader.wrong("flags", "must be empty: none is defined") }
        switch domain {
        case "LINUX": return 0
        case "LINUX32": return 8
        default: throw reader.wrong("domain", "must be LINUX or LINUX32, not \(domain)")
        }
    }
}

/// The parts of a path between its slashes.
func splitPath(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: Array($0), as: UTF8.self) }
}

/// One of the container's namespaces: a new one, or one that exists.
public struct NamespaceSpecification: Hashable, Sendable {
    /// The kinds, by their names in config.json.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case pid, network, mount, ipc, uts, user, cgroup, time
    }

    /// What it separates.
    public let kind: Kind
    /// The one to join; a new one when nil.
    public let path: String?

    init(_ reader: SpecificationReader) throws(OCIError) {
        let name = try reader.needed("type")
        guard let kind = Kind(rawValue: name) else { throw reader.wrong("type", "is no namespace: \(name)") }
        self.kind = kind
        let path = try reader.string("path") ?? ""
        guard path.isEmpty || path.utf8.first == UInt8(ascii: "/") else {
            throw reader.wrong("path", "must be an absolute path, not \(path)")
        }
        self.path = path.isEmpty ? nil : path
    }
}

/// A range of ids inside a user namespace and the ids they are outside.
public struct IDMapping: Hashable, Sendable {
    /// The first id inside.
    public let container: UInt32
    /// The first id outside.
    public let host: UInt32
    /// How many follow each other.
    public let size: UInt32

    init(_ reader: SpecificationReader) throws(OCIError) {
        guard let container: UInt32 = try reader.integer("containerID") else {
            throw reader.wrong("containerID", "is required")
        }
        guard let host: UInt32 = try reader.integer("hostID") else { throw reader.wrong("hostID", "is required") }
        guard let size: UInt32 = try reader.integer("size"), size > 0 else {
            throw reader.wrong("size", "must be at least 1")
        }
        for first in [container, host] where UInt64(first) + UInt64(size) > 1 << 32 {
            throw reader.wrong("size", "must not lead beyond the last id: \(first) and \(size) more")
        }
        (self.container, self.host, self.size) = (container, host, size)
    }

    static func read(_ reader: SpecificationReader, _ key: String) throws(OCIError) -> [IDMapping] {
        var mappings: [IDMapping] = []
        for nested in try reader.objects(key) { mappings.append(try IDMapping(nested)) }
        return mappings
    }

    /// The lines that /proc/PID/uid_map takes.
    public static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.container) \($0.host) \($0.size)\n" }.joined()
    }

    /// The id outside of an id inside; nil when it is not mapped.
    public static func host(_ id: UInt32, in mappings: [IDMapping]) -> UInt32? {
        for mapping in mappings where id >= mapping.container && id - mapping.container < mapping.size {
            return mapping.host + (id - mapping.container)
        }
        return nil
    }
}

/// A device node to make in the container.
public struct DeviceNode: Hashable, Sendable {
    /// What mknod(2) makes.
    public enum Kind: Hashable, Sendable {
        case character, block, pipe
    }

    /// An absolute path inside.
    public let path: String
    /// What it is.
    public let kind: Kind
    /// The driver.
    public let major: UInt32
    /// The device of that driver.
    public let minor: UInt32
    /// Permission bits.
    public let mode: UInt32
    /// Owner inside.
    public let user: UInt32
    /// Group inside.
    public let group: UInt32

    /// A device.
    public init(path: String, kind: Kind, major: UInt32, minor: UInt32, mode: UInt32 = 0o666) {
        (self.path, self.kind, self.major, self.minor, self.mode) = (path, kind, major, minor, mode)
        (user, group) = (0, 0)
    }

    init(_ reader: SpecificationReader) throws(OCIError) {
        path = try reader.needed("path")
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw reader.wrong("path", "must be an absolute path, not \(path)")
        }
        let type = try reader.needed("type")
        switch type {
        case "c", "u": kind = .character
        case "b": kind = .block
        case "p": kind = .pipe
        default: throw reader.wrong("type", "must be c, u, b or p, not \(type)")
        }
        guard let major: UInt32 = kind == .pipe ? 0 : try reader.integer("major") else {
            throw reader.wrong("major", "is required")
        }
        guard let minor: UInt32 = kind == .pipe ? 0 : try reader.integer("minor") else {
            throw reader.wrong("minor", "is required")
        }
        (self.major, self.minor) = (major, minor)
        mode = try reader.integer("fileMode") ?? 0o666
        user = try reader.integer("uid") ?? 0
        group = try reader.integer("gid") ?? 0
    }

    /// What every container has in /dev.
    public static let standard = [
        DeviceNode(path: "/dev/null", kind: .character, major: 1, minor: 3),
        DeviceNode(path: "/dev/zero", kind: .character, major: 1, minor: 5),
        DeviceNode(path: "/dev/full", kind: .character, major: 1, minor: 7),
        DeviceNode(path: "/dev/random", kind: .character, major: 1, minor: 8),
        DeviceNode(path: "/dev/urandom", kind: .character, major: 1, minor: 9),
        DeviceNode(path: "/dev/tty", kind: .character, major: 5, minor: 0),
    ]
}
