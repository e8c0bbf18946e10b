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
        // Twice: the end of another container may take the empty parent away between its making and the group's.
        for _ in 0..<2 where (try? Files.makeDirectories(directory, mode: 0o755)) != nil {
            return ControlGroup(directory: directory)
        }
        return nil
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
        // By bytes: a host may have thousands of mounts, and every command looks here.
        for line in mountInfo.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 6, let separator = words.firstIndex(where: { $0.elementsEqual("-".utf8) }),
                separator + 1 < words.count, words[separator + 1].elementsEqual("cgroup2".utf8)
            else { continue }
            found = unescaped(words[4])
        }
        return found
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

    /// Ends every process of the group at once.
    func kill() { try? Files.write(directory + "/cgroup.kill", Array("1".utf8)) }

    /// Removes the group, and the one above it with the last container; true when the group is gone.
    func remove() -> Bool {
        guard removeEmptied() else { return false }
        // Refused while other containers have groups in it.
        _ = try? Files.removeDirectory(Files.split(directory).parent)
        return true
    }

    private static let patience: Int64 = 5000  // milliseconds, for killed processes to end

    private func removeEmptied() -> Bool {
        if (try? Files.removeDirectory(directory)) != nil { return true }
        // The kernel announces in cgroup.events when the last process has gone.
        let changes = try? FileChanges.open(directory)
        // Processes that were executed into the container, or that its end has not reached yet.
        kill()
        let deadline = Clock.monotonicMilliseconds() + Self.patience
        while (try? Files.removeDirectory(directory)) == nil {
            guard Clock.monotonicMilliseconds() < deadline, (try? changes?.wait(milliseconds: 100)) != nil else {
                return false
            }
        }
        return true
    }
}
