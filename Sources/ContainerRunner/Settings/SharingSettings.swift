internal import JSON

/// Which namespaces, beside the network's, a container shares, and with whom.
public struct SharingSettings: Hashable, Sendable {
    /// Whose namespace a container lives in.
    public enum Mode: Hashable, Sendable, CustomStringConvertible {
        /// Its own.
        case own
        /// The host's.
        case host
        /// Another container's.
        case container(String)

        /// Reads an option's value; "private" is its own.
        public init(_ text: String, option: String, containers: Bool = true) throws(RunnerError) {
            switch text {
            case "private", "": self = .own
            case "host": self = .host
            default:
                guard containers, text.hasPrefix("container:"), text.utf8.count > 10 else {
                    throw .invalid(
                        option: option, value: text,
                        expected: containers ? "private, host or container:NAME" : "private or host")
                }
                self = .container(String(text.dropFirst(10)))
            }
        }

        /// As the options take it.
        public var description: String {
            switch self {
            case .own: "private"
            case .host: "host"
            case .container(let name): "container:\(name)"
            }
        }
    }

    /// Whose user and group ids it has.
    public enum Identifiers: Hashable, Sendable, CustomStringConvertible {
        /// The host's.
        case host
        /// Its own, from a range that no other container has.
        case automatic
        /// Its own: `count` ids from 0 on are those from `first` on of the host.
        case range(first: UInt32, count: UInt32)

        /// How many ids a container of its own range has.
        public static let standardCount: UInt32 = 65_536

        /// Reads `host`, `auto` (or `private`), or `FIRST[:COUNT]`.
        public init(_ text: String) throws(RunnerError) {
            switch text {
            case "host", "": self = .host
            case "auto", "private": self = .automatic
            default:
                let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
                guard (1...2).contains(parts.count), let first = parts[0], first > 0,
                    let count = parts.count == 2 ? parts[1] : Self.standardCount, count > 0,
                    UInt64(first) + UInt64(count) <= UInt64(UInt32.max)
                else {
                    throw .invalid(option: "--userns", value: text, expected: "host, auto or FIRST[:COUNT]")
                }
                self = .range(first: first, count: count)
            }
        }

        /// As `--userns` takes it.
        public var description: String {
            switch self {
            case .host: "host"
            case .automatic: "auto"
            case .range(let first, let count): "\(first):\(count)"
            }
        }
    }

    /// Whose processes it sees.
    public var pid = Mode.own
    /// Whose semaphores, queues and shared memory it has.
    public var ipc = Mode.own
    /// Whose host name.
    public var uts = Mode.own
    /// Whose view of control groups.
    public var cgroup = Mode.own
    /// Whose ids.
    public var identifiers = Identifiers.host

    /// Everything its own but the ids.
    public init() {}

    var json: JSONValue {
        var object = JSONObject()
        for (key, mode) in [("pid", pid), ("ipc", ipc), ("uts", uts), ("cgroup", cgroup)] where mode != .own {
            object[key] = .string(mode.description)
        }
        if identifiers != .host { object["user"] = .string(identifiers.description) }
        return .object(object)
    }

    init(_ reader: SettingsReader) throws(RunnerError) {
        pid = try Mode(try reader.string("pid") ?? "", option: "--pid")
        ipc = try Mode(try reader.string("ipc") ?? "", option: "--ipc")
        uts = try Mode(try reader.string("uts") ?? "", option: "--uts")
        cgroup = try Mode(try reader.string("cgroup") ?? "", option: "--cgroupns")
        identifiers = try Identifiers(try reader.string("user") ?? "")
    }
}
