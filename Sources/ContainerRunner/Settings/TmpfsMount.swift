internal import LinuxSystem

/// One `--tmpfs` option: a file system in memory.
public struct TmpfsMount: Hashable, Sendable, CustomStringConvertible {
    /// The path inside.
    public let target: String
    /// tmpfs's own options, comma separated.
    public let options: String
    /// mount(2) flags, as /proc/mounts names them.
    public let flags: [String]

    private static let known = ["ro", "nosuid", "nodev", "noexec"]
    private static let undone = ["rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec"]

    /// Reads `PATH[:OPTION,...]`; as docker's, it is noexec, nosuid and nodev unless an option says otherwise.
    public init(_ text: String) throws(RunnerError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try self.init(target: parts[0], options: parts.count == 2 ? parts[1] : "", option: "--tmpfs", text: text)
    }

    init(target: String, options: String, option: String, text: String) throws(RunnerError) {
        guard target.hasPrefix("/"), target != "/" else {
            throw .invalid(option: option, value: text, expected: "a mount on an absolute path other than /")
        }
        var flags = ["nosuid", "nodev", "noexec"]
        var own: [String] = []
        for word in options.split(separator: ",").map(String.init) {
            if let undone = Self.undone[word] {
                flags.removeAll { $0 == undone }
            } else if Self.known.contains(word) {
                if !flags.contains(word) { flags.append(word) }
            } else if let sign = word.firstIndex(of: "="),
                ["size", "mode", "uid", "gid", "nr_inodes", "huge"].contains(
                    word[..<sign])
            {
                own.append(word)
            } else if !["defaults", "async", "relatime", "tmpcopyup", "notmpcopyup"].contains(word) {
                throw .invalid(
                    option: option, value: text,
                    expected:
                        "a mount with the options size=, mode=, uid=, gid=, nr_inodes=, huge=, ro, exec, suid or dev")
            }
        }
        self.target = target
        self.options = own.joined(separator: ",")
        self.flags = flags
    }

    var step: LaunchStep {
        var kernel: LaunchStep.MountFlags = []
        for entry in LaunchStep.MountFlags.names where flags.contains(entry.name) { kernel.insert(entry.flag) }
        return .fileSystem(kind: "tmpfs", target: target, options: options, flags: kernel)
    }

    /// As `--tmpfs` takes it.
    public var description: String {
        let off = Self.undone.filter { $0.key != "rw" && !flags.contains($0.value) }.map(\.key).sorted()
        let words = (flags.contains("ro") ? ["ro"] : []) + off + (options.isEmpty ? [] : [options])
        return words.isEmpty ? target : "\(target):\(words.joined(separator: ","))"
    }
}
