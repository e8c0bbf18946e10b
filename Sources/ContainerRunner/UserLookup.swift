/// Who `--user` means, by the container's own /etc/passwd and /etc/group.
enum UserLookup {
    /// Reads "NAME|UID[:GROUP|GID]"; the files are given as text.
    static func resolve(_ text: String, passwd: String, group: String) throws(RunnerError) -> (
        user: ContainerSpecification.LaunchUser, home: String?
    ) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let entries = lines(passwd)
        let name = parts[0]
        let number = UInt32(name)
        let entry = entries.first { $0.count > 5 && ($0[0] == name || number != nil && $0[2] == name) }
        guard let user = number ?? entry.flatMap({ UInt32($0[2]) }) else {
            throw .invalid(option: "--user", value: text, expected: "a user of the container's /etc/passwd or a number")
        }
        var result = ContainerSpecification.LaunchUser()
        result.user = user
        result.group = entry.flatMap { UInt32($0[3]) } ?? 0
        let groups = lines(group)
        if parts.count == 2 {
            guard let chosen = UInt32(parts[1]) ?? groups.first(where: { $0[0] == parts[1] }).flatMap({ gid($0) })
            else {
                throw .invalid(
                    option: "--user", value: text, expected: "a group of the container's /etc/group or a number")
            }
            result.group = chosen
        } else if let entry {
            result.supplementary = groups.filter { $0.count > 3 && $0[3].split(separator: ",").contains(entry[0][...]) }
                .compactMap { gid($0) }
        }
        return (result, entry.map { $0[5] })
    }

    /// The number of a `--group-add` value.
    static func group(_ text: String, group: String) throws(RunnerError) -> UInt32 {
        if let number = UInt32(text) { return number }
        guard let found = lines(group).first(where: { $0[0] == text }).flatMap({ gid($0) }) else {
            throw .invalid(
                option: "--group-add", value: text, expected: "a group of the container's /etc/group or a number")
        }
        return found
    }

    private static func gid(_ entry: [String]) -> UInt32? { entry.count > 2 ? UInt32(entry[2]) : nil }

    private static func lines(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
