internal import LinuxSystem

/// One `-v` or `--mount type=bind` option: a part of the host shown inside a container.
public struct VolumeMount: Hashable, Sendable, CustomStringConvertible {
    /// The host's path, absolute.
    public let source: String
    /// The path inside, absolute.
    public let target: String
    /// Whether nothing can be changed through it.
    public let readOnly: Bool
    /// Whether mounts that appear below it on the host appear inside.
    public var followsHost = false

    /// A mount of a host path.
    public init(source: String, target: String, readOnly: Bool) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
    }

    static let syntax = "HOSTPATH:PATH[:ro|rw][,rslave|rprivate]"

    /// Reads `HOSTPATH:PATH[:ro|rw]`; a host path that begins with a dot counts from `directory`.
    public init(_ text: String, relativeTo directory: String) throws(RunnerError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty else {
            throw .invalid(option: "-v", value: text, expected: Self.syntax)
        }
        try self.init(
            source: parts[0], target: parts[1], options: parts.count == 3 ? parts[2] : "rw", option: "-v", text: text,
            relativeTo: directory)
    }

    init(
        source: String, target: String, options: String, option: String, text: String, relativeTo directory: String
    ) throws(RunnerError) {
        guard target.hasPrefix("/"), target != "/" else {
            throw .invalid(option: option, value: text, expected: "a mount on an absolute path other than /")
        }
        switch source.first {
        case "/": self.source = source
        case ".": self.source = directory + "/" + source
        default:
            throw .invalid(
                option: option, value: text, expected: "a mount of a path: named volumes do not exist here")
        }
        self.target = target
        var readOnly = false
        for word in options.split(separator: ",", omittingEmptySubsequences: false) {
            switch word {
            case "rw": readOnly = false
            case "ro", "readonly": readOnly = true
            case "rslave", "slave": followsHost = true
            case "rprivate", "private", "z", "Z", "rbind": break
            case "rshared", "shared":
                throw .invalid(
                    option: option, value: text, expected: "a mount that stays inside: use rslave or rprivate")
            default:
                throw .invalid(
                    option: option, value: text, expected: "a mount with the options ro, rw, rslave or rprivate")
            }
        }
        self.readOnly = readOnly
    }

    /// As `-v` takes it.
    public var description: String {
        let words = (readOnly ? ["ro"] : []) + (followsHost ? ["rslave"] : [])
        return "\(source):\(target)" + (words.isEmpty ? "" : ":" + words.joined(separator: ","))
    }

    var step: LaunchStep {
        guard followsHost else {
            return .bind(source: source, target: target, flags: readOnly ? [.recursive, .readOnly] : .recursive)
        }
        var mount = LaunchStep.Mount(source: source, target: target, type: "")
        mount.recursive = true
        mount.setBelow = LaunchStep.Mount.noDevices | (readOnly ? LaunchStep.Mount.readOnly : 0)
        mount.propagation = LaunchStep.Mount.slave
        return .mount(mount)
    }
}
