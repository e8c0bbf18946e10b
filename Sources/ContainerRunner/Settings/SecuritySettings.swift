public import ContainerShim
internal import JSON
internal import LinuxSystem

/// What a container's command may do: capabilities, system calls, devices, limits.
public struct SecuritySettings: Hashable, Sendable {
    /// Which system calls it may make.
    public enum SystemCalls: Hashable, Sendable {
        /// Those of the default profile.
        case standard
        /// All.
        case unconfined
        /// Those of the profile in a file.
        case profile(String)

        var text: String {
            switch self {
            case .standard: "standard"
            case .unconfined: "unconfined"
            case .profile(let path): path
            }
        }

        init(_ text: String) {
            switch text {
            case "standard", "builtin": self = .standard
            case "unconfined": self = .unconfined
            default: self = .profile(text)
            }
        }
    }

    /// The most it may hold.
    public var capabilities = Capabilities.standard
    /// Whether it is to do all that the host's root may do.
    public var isPrivileged = false
    /// Whether executing a program never gives more rights.
    public var forbidsNewPrivileges = true
    /// Which system calls it may make.
    public var systemCalls = SystemCalls.standard
    /// Paths that are otherwise hidden or read-only; "ALL" for all of them.
    public var unmasked: [String] = []
    /// Devices of the host that open inside.
    public var devices: [DeviceMapping] = []
    /// Limits of the command.
    public var limits: [UserLimit] = []
    /// Settings of its own namespaces.
    public var sysctls: [LaunchPlan.Sysctl] = []

    /// A container with docker's rights, fewer by what no_new_privs takes.
    public init() {}

    /// Reads one `--security-opt`: no-new-privileges[=true|false], seccomp=FILE|unconfined, unmask=ALL|PATH[:PATH...].
    ///
    /// A file counts from `directory`.
    public mutating func apply(option: String, relativeTo directory: String) throws(RunnerError) {
        let separator = option.firstIndex { $0 == "=" || $0 == ":" }
        let name = option[..<(separator ?? option.endIndex)]
        let value = separator.map { String(option[option.index(after: $0)...]) }
        switch (name, value) {
        case ("no-new-privileges", nil), ("no-new-privileges", "true"): forbidsNewPrivileges = true
        case ("no-new-privileges", "false"): forbidsNewPrivileges = false
        case ("seccomp", let profile?) where !profile.isEmpty:
            systemCalls = SystemCalls(profile)
            if case .profile(let path) = systemCalls, !path.hasPrefix("/") {
                systemCalls = .profile(directory + "/" + path)
            }
        case ("unmask", let paths?) where !paths.isEmpty:
            let list = paths.split(separator: ":").map(String.init)
            guard list == ["ALL"] || list.allSatisfy({ $0.hasPrefix("/") }) else {
                throw .invalid(option: "--security-opt", value: option, expected: "unmask=ALL or a list of paths")
            }
            unmasked += list
        case ("label", _), ("apparmor", "unconfined"): break  // no such module of the kernel is spoken to
        default:
            throw .invalid(
                option: "--security-opt", value: option,
                expected: "no-new-privileges[=true|false], seccomp=FILE|unconfined or unmask=ALL|PATH[:PATH...]")
        }
    }

    /// Whether a path is to stay as it is.
    func isUnmasked(_ path: String) -> Bool {
        isPrivileged || unmasked.contains("ALL") || unmasked.contains(path)
    }

    var json: JSONValue {
        var object = JSONObject([
            ("capabilities", .array(Capability.names(of: capabilities.rawValue).map { .string($0) })),
            ("noNewPrivileges", .bool(forbidsNewPrivileges)), ("seccomp", .string(systemCalls.text)),
        ])
        if isPrivileged { object["privileged"] = .bool(true) }
        object.set("unmask", strings: unmasked)
        object.set("devices", strings: devices.map(\.description))
        object.set("ulimits", strings: limits.map(\.description))
        object.set("sysctls", strings: sysctls.map { "\($0.name)=\($0.value)" })
        return .object(object)
    }

    init(_ reader: SettingsReader) throws(RunnerError) {
        let names = try reader.strings("capabilities")
        capabilities = Capabilities(rawValue: names.reduce(0) { $0 | (Capability.bit($1) ?? 0) })
        forbidsNewPrivileges = try reader.bool("noNewPrivileges", default: true)
        systemCalls = SystemCalls(try reader.string("seccomp") ?? "standard")
        isPrivileged = try reader.bool("privileged", default: false)
        unmasked = try reader.strings("unmask")
        devices = try reader.strings("devices").map { text throws(RunnerError) in try DeviceMapping(text) }
        limits = try reader.strings("ulimits").map { text throws(RunnerError) in try UserLimit(text) }
        sysctls = try reader.strings("sysctls").map { text throws(RunnerError) in try LaunchPlan.Sysctl(option: text) }
    }
}

extension LaunchPlan.Sysctl {
    private static let ofIPC = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem"]

    /// Reads one `--sysctl`: NAME=VALUE of a setting that a container has of its own.
    public init(option text: String) throws(RunnerError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains(".."), !parts[0].hasPrefix("/") else {
            throw .invalid(option: "--sysctl", value: text, expected: "NAME=VALUE")
        }
        let dotted = parts[0].contains("/") ? String(parts[0].map { $0 == "/" ? "." : $0 == "." ? "/" : $0 }) : parts[0]
        self.init(name: dotted, value: parts[1])
        guard isOfNetwork || isOfIPC || name == "kernel.domainname" else {
            throw .invalid(
                option: "--sysctl", value: text,
                expected: "a setting that each container has of its own: net.*, fs.mqueue.*, kernel.shm*, kernel.msg*, "
                    + "kernel.sem or kernel.domainname")
        }
    }

    /// Whether it belongs to a network namespace.
    var isOfNetwork: Bool { name.hasPrefix("net.") }

    /// Whether it belongs to an ipc namespace.
    var isOfIPC: Bool { Self.ofIPC.contains(name) || name.hasPrefix("kernel.shm") || name.hasPrefix("fs.mqueue.") }
}
