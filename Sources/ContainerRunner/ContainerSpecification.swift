internal import ContainerShim
public import JSON
internal import LinuxSystem

/// What a person asked for: config.json, which `inspect` shows.
public struct ContainerSpecification: Hashable, Sendable {
    /// 32 hexadecimal digits, unique for ever.
    public let id: String
    /// The name it is called by.
    public var name: String
    /// The program and its arguments.
    public var command: [String]
    /// "NAME=value", complete.
    public var environment: [String] = []
    /// Where the command begins, inside.
    public var workingDirectory = "/"
    /// Who runs it.
    public var user = LaunchUser()
    /// The host name inside.
    public var hostname = ""
    /// Parts of the host shown inside.
    public var volumes: [VolumeMount] = []
    /// Its networks.
    public var network = NetworkMode.none
    /// Its published ports.
    public var ports: [PortMapping] = []
    /// The address it has in its first network; nil for any.
    public var address: String?
    /// The link-layer address of its first interface; nil for any.
    public var mac: String?
    /// The NIS domain name inside; empty for none.
    public var domainName = ""
    /// Whether an init of ours is process 1, else the command.
    public var hasInit = true
    /// What its root is made of.
    public var root = RootSettings()
    /// What its command may do.
    public var security = SecuritySettings()
    /// Which namespaces it shares.
    public var sharing = SharingSettings()
    /// Resolvers and host names.
    public var names = NameSettings()
    /// What it may use.
    public var limits = Limits()
    /// Whether its input is the runner's.
    public var interactive = false
    /// Whether its streams are a terminal.
    public var terminal = false
    /// Whether nothing of it stays once it has ended.
    public var removeAtEnd = false
    /// How it lives and ends.
    public var life = LifeSettings()
    /// When it was asked for, in nanoseconds since 1970.
    public let createdAt: Int64

    /// User and groups by number.
    public struct LaunchUser: Hashable, Sendable {
        /// The user's number.
        public var user: UInt32 = 0
        /// The primary group's number.
        public var group: UInt32 = 0
        /// Further groups.
        public var supplementary: [UInt32] = []
        /// User 0.
        public init() {}
    }

    /// A container that runs `command`.
    public init(id: String, name: String, command: [String], createdAt: Int64) {
        self.id = id
        self.name = name
        self.command = command
        self.createdAt = createdAt
    }

    /// The id's beginning: long enough to tell containers of one host apart.
    public var shortID: String { String(id.prefix(12)) }

    static let fileName = "config.json"

    /// The specification as config.json holds it.
    public var json: JSONValue {
        func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        var object = JSONObject([
            ("id", .string(id)), ("name", .string(name)), ("command", strings(command)),
            ("environment", strings(environment)), ("workingDirectory", .string(workingDirectory)),
            (
                "user",
                .array(([user.user, user.group] + user.supplementary).map { .integer(Int64($0)) })
            ),
            ("hostname", .string(hostname)), ("volumes", strings(volumes.map(\.description))),
            ("network", strings(networkValues)), ("ports", strings(ports.map(\.description))),
            ("interactive", .bool(interactive)), ("terminal", .bool(terminal)),
            ("removeAtEnd", .bool(removeAtEnd)),
            ("createdAt", .string(Timestamp(nanoseconds: createdAt).description)),
            ("createdAtNanoseconds", .integer(createdAt)),
        ])
        if let address { object["address"] = .string(address) }
        if let mac { object["mac"] = .string(mac) }
        if !domainName.isEmpty { object["domainName"] = .string(domainName) }
        if !hasInit { object["hasInit"] = .bool(false) }
        object["root"] = root.json
        object["security"] = security.json
        object["sharing"] = sharing.json
        object["names"] = names.json
        object["life"] = life.json
        object["limits"] = limits.json
        return .object(object)
    }

    private var networkValues: [String] {
        if case .networks(let names) = network { return names }
        return [network.description]
    }

    /// Reads what `json` wrote; `path` is named in errors.
    public init(_ json: JSONValue, path: String) throws(RunnerError) {
        func wrong(_ key: String) -> RunnerError { .record(path: path, reason: "\"\(key)\" is missing or wrong") }
        guard let object = json.object else { throw .record(path: path, reason: "it is not a JSON object") }
        func string(_ key: String) throws(RunnerError) -> String {
            guard let value = object[key]?.string else { throw wrong(key) }
            return value
        }
        func strings(_ key: String) throws(RunnerError) -> [String] {
            guard let values = object[key]?.array else { throw wrong(key) }
            return try values.map { value throws(RunnerError) in
                guard let string = value.string else { throw wrong(key) }
                return string
            }
        }
        guard let created = object["createdAtNanoseconds"]?.integer else { throw wrong("createdAtNanoseconds") }
        self.init(
            id: try string("id"), name: try string("name"), command: try strings("command"), createdAt: created)
        environment = try strings("environment")
        workingDirectory = try string("workingDirectory")
        hostname = try string("hostname")
        let numbers = (object["user"]?.array ?? []).compactMap { $0.integer.map { UInt32(clamping: $0) } }
        guard numbers.count >= 2 else { throw wrong("user") }
        user.user = numbers[0]
        user.group = numbers[1]
        user.supplementary = Array(numbers[2...])
        volumes = try strings("volumes").map { text throws(RunnerError) in try VolumeMount(text, relativeTo: "/") }
        network = try NetworkMode(try strings("network"))
        ports = try strings("ports").map { text throws(RunnerError) in try PortMapping(text) }
        limits = try Limits(object["limits"], path: path)
        interactive = object["interactive"]?.bool ?? false
        terminal = object["terminal"]?.bool ?? false
        removeAtEnd = object["removeAtEnd"]?.bool ?? false
        address = object["address"]?.string
        mac = object["mac"]?.string
        domainName = object["domainName"]?.string ?? ""
        hasInit = object["hasInit"]?.bool ?? true
        root = try RootSettings(try SettingsReader(object, "root", path: path))
        security = try SecuritySettings(try SettingsReader(object, "security", path: path))
        sharing = try SharingSettings(try SettingsReader(object, "sharing", path: path))
        names = try NameSettings(try SettingsReader(object, "names", path: path))
        life = try LifeSettings(object["life"], path: path)
    }
}
