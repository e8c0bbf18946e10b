internal import LinuxSystem

/// One line of /proc/PID/mountinfo: proc_pid_mountinfo(5).
struct MountTable {
    /// A mount.
    struct Mount: Hashable {
        /// What of the file system it shows.
        let root: String
        /// Where it stands.
        let target: String
        /// The kind of file system.
        let type: String
        /// The options of the file system.
        let options: String
    }

    private static let limit = 16 << 20  // bytes: a host with tens of thousands of mounts

    /// The mounts that this process sees, in the order in which they were made.
    static func read() throws(RunnerError) -> [Mount] {
        let content = try during("reading the table of mounts") { () throws(SystemError) in
            try Files.read("/proc/self/mountinfo", limit: limit)
        }
        return parse(String(decoding: content, as: UTF8.self))
    }

    static func parse(_ text: String) -> [Mount] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 6, let separator = words.firstIndex(where: { $0.elementsEqual("-".utf8) }),
                separator + 1 < words.count
            else { return nil }
            return Mount(
                root: unescaped(words[3]), target: unescaped(words[4]), type: unescaped(words[separator + 1]),
                options: separator + 3 < words.count ? unescaped(words[separator + 3]) : "")
        }
    }

    /// The kernel writes a blank in a path as \040.
    private static func unescaped(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
