internal import ControlGroups
internal import JSON
internal import LinuxSystem

/// Where a container's control group is, and what it may use: from config.json to module ControlGroups.
enum ContainerGroup {
    /// The group's path below each hierarchy, without a slash at its start.
    ///
    /// "slice:prefix:name" is systemd's way: the group is put where systemd would have it, without asking systemd.
    static func path(_ wanted: String?, id: String, bySlice: Bool) throws(OCIError) -> String {
        guard let wanted else { return "hawser-oci/\(id)" }
        let path = bySlice ? try slicePath(wanted) : wanted
        let parts = splitPath(path)
        guard !parts.isEmpty, !parts.contains(".."), !parts.contains(".") else {
            throw .configuration(
                file: "config.json", key: "linux.cgroupsPath", problem: "is no path of a control group: \(wanted)")
        }
        return parts.joined(separator: "/")
    }

    private static func slicePath(_ text: String) throws(OCIError) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
        guard parts.count == 3, !parts[2].isEmpty else {
            throw .configuration(
                file: "config.json", key: "linux.cgroupsPath",
                problem: "must be slice:prefix:name with --systemd-cgroup, not \(text)")
        }
        let slice = parts[0].isEmpty ? "system.slice" : parts[0]
        guard hasSuffix(slice, ".slice") else {
            throw .configuration(
                file: "config.json", key: "linux.cgroupsPath", problem: "must begin with a slice, not \(parts[0])")
        }
        // "a-b.slice" lies in "a.slice".
        var path = ""
        var name = ""
        for part in splitText(String(decoding: Array(slice.utf8.dropLast(6)), as: UTF8.self), UInt8(ascii: "-")) {
            name += name.isEmpty ? part : "-" + part
            if name != "" { path += "/\(name).slice" }
        }
        let unit = hasSuffix(parts[2], ".slice") ? parts[2] : "\(parts[1])-\(parts[2]).scope"
        return "\(path)/\(unit)"
    }

    /// What `linux.resources` allows; devices that every container needs are added to those it names.
    static func limits(_ resources: JSONObject?, file: String, prefix: String) throws(OCIError) -> ResourceLimits {
        guard let resources else { return ResourceLimits() }
        var limits: ResourceLimits
        do throws(ResourceFormatError) {
            limits = try ResourceLimits(.object(resources))
        } catch {
            throw .configuration(file: file, key: prefix + error.key, problem: "must be \(error.expected)")
        }
        if !limits.devices.isEmpty { limits.devices += DeviceRule.standard.filter { $0.allows } }
        return limits
    }

    /// The control groups that this process sees.
    static func hierarchies() throws(OCIError) -> ControlGroupHierarchies {
        try attempting("look for control groups") { () throws(SystemError) in try ControlGroupHierarchies.observe() }
    }

    /// Runs a change of a group and says what could not be done.
    static func reporting<R>(_ body: () throws(ControlGroupError) -> R) throws(OCIError) -> R {
        do throws(ControlGroupError) {
            return try body()
        } catch {
            throw .refused(error.description)
        }
    }
}

extension ContainerRecord {
    /// The container's groups that are there; nil when it has none.
    func group() throws(OCIError) -> ControlGroup? {
        guard let groupPath else { return nil }
        let group = ControlGroup.find(groupPath, in: try ContainerGroup.hierarchies())
        return group.isEmpty ? nil : group
    }
}
