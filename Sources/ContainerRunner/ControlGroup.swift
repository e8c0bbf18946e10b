internal import LinuxSystem

/// The version 2 control group of one container: its processes can be killed, frozen and watched as one.
///
/// Where no version 2 hierarchy is mounted, or it cannot be written, containers do without.
struct ControlGroup {
    let directory: String

    /// Makes the container's group; nil when this machine lets nobody.
    static func make(parent: String, id: String) -> ControlGroup? {
        guard let top = mountPoint() else { return nil }
        let directory = "\(top)/\(parent)/\(id)"
        do throws(SystemError) {
            try Files.makeDirectories(directory, mode: 0o755)
        } catch {
            return nil
        }
        return ControlGroup(directory: directory)
    }

    /// The group of a container, when it is there.
    static func find(parent: String, id: String) -> ControlGroup? {
        guard let top = mountPoint(), Files.exists("\(top)/\(parent)/\(id)") else { return nil }
        return ControlGroup(directory: "\(top)/\(parent)/\(id)")
    }

    private static func mountPoint() -> String? {
        guard let content = try? Files.read("/proc/self/mountinfo", limit: 16 << 20) else { return nil }
        return mountPoint(mountInfo: String(decoding: content, as: UTF8.self))
    }

    /// The last place in /proc/self/mountinfo where a version 2 hierarchy is mounted.
    static func mountPoint(mountInfo: String) -> String? {
        var found: String?
        for line in mountInfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 6, let separator = words.firstIndex(of: "-"), separator + 1 < words.count,
                words[separator + 1] == "cgroup2"
            else { continue }
            found = unescaped(words[4])
        }
        return found
    }

    /// The kernel writes a blank in a path as \040.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
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

    /// Ends every process of the group at once.
    func kill() { try? Files.write(directory + "/cgroup.kill", Array("1".utf8)) }

    /// Removes the group; true when it is gone.
    func remove() -> Bool {
        if (try? Files.removeDirectory(directory)) != nil { return true }
        // A process that was executed into the container and outlived its first one.
        kill()
        return (try? Files.removeDirectory(directory)) != nil
    }
}
