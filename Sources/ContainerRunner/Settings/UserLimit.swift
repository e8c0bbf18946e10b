internal import LinuxSystem

/// One `--ulimit` option: a limit of the command.
public struct UserLimit: Hashable, Sendable, CustomStringConvertible {
    /// The resource, an index of `ProcessLimit.names`.
    public let resource: Int32
    /// What is in force; `UInt64.max` for no limit.
    public let soft: UInt64
    /// How far the command may raise it.
    public let hard: UInt64

    /// Reads `NAME=SOFT[:HARD]`; -1 or "unlimited" is no limit.
    public init(_ text: String) throws(RunnerError) {
        func refused(_ expected: String) -> RunnerError {
            .invalid(option: "--ulimit", value: text, expected: expected)
        }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw refused("NAME=SOFT[:HARD]") }
        guard let index = ProcessLimit.names.firstIndex(of: parts[0]) else {
            throw refused("a limit of \(ProcessLimit.names.joined(separator: ", "))")
        }
        resource = Int32(index)
        let values = parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Self.value($0) }
        guard (1...2).contains(values.count), let first = values[0], let last = values[values.count - 1] else {
            throw refused("a limit with numbers, -1 or unlimited")
        }
        guard first <= last else { throw refused("a limit whose first number is not above the second") }
        soft = first
        hard = last
    }

    private static func value(_ text: Substring) -> UInt64? {
        if text == "-1" || text == "unlimited" { return .max }
        return UInt64(text)
    }

    /// As `--ulimit` takes it.
    public var description: String {
        func text(_ value: UInt64) -> String { value == .max ? "-1" : String(value) }
        return "\(ProcessLimit.names[Int(resource)])=\(text(soft)):\(text(hard))"
    }
}
