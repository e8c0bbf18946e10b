/// One `-v` option: a part of the host shown inside a container.
public struct VolumeMount: Hashable, Sendable, CustomStringConvertible {
    /// The host's path, absolute.
    public let source: String
    /// The path inside, absolute.
    public let target: String
    /// Whether nothing can be changed through it.
    public let readOnly: Bool

    /// A mount of a host path.
    public init(source: String, target: String, readOnly: Bool) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
    }

    /// Reads `HOSTPATH:PATH[:ro|rw]`; a host path that begins with a dot counts from `directory`.
    public init(_ text: String, relativeTo directory: String) throws(RunnerError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty else {
            throw .invalid(option: "-v", value: text, expected: "HOSTPATH:PATH[:ro|rw]")
        }
        guard parts[1].hasPrefix("/"), parts[1] != "/" else {
            throw .invalid(option: "-v", value: text, expected: "a mount on an absolute path other than /")
        }
        switch parts[0].first {
        case "/": source = parts[0]
        case ".": source = directory + "/" + parts[0]
        default:
            throw .invalid(option: "-v", value: text, expected: "a mount of a path: named volumes do not exist here")
        }
        target = parts[1]
        switch parts.count == 3 ? parts[2] : "rw" {
        case "rw": readOnly = false
        case "ro": readOnly = true
        default: throw .invalid(option: "-v", value: text, expected: "a mount with the option ro or rw")
        }
    }

    /// As `-v` takes it.
    public var description: String { "\(source):\(target)\(readOnly ? ":ro" : "")" }
}
