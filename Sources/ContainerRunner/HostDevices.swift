internal import ControlGroups
internal import LinuxSystem

/// Devices of the host that a container asks for.
enum HostDevices {
    private static let depth = 8  // of directories below /dev
    /// Made anew for each container, or the host's alone.
    private static let own = [
        "pts", "shm", "mqueue", "hugepages", "fd", "stdin", "stdout", "stderr", "ptmx", "console",
    ]

    /// Those that settings name, directories as what is in them; for a privileged container all.
    static func found(_ security: SecuritySettings) throws(SystemError) -> [DeviceMapping] {
        var result: [DeviceMapping] = []
        if security.isPrivileged {
            for name in try Files.list("/dev") where !own.contains(name) && !RootPlan.harmlessDevices.contains(name) {
                try add("/dev/" + name, as: "/dev/" + name, access: "rwm", to: &result, depth: depth)
            }
        }
        for device in security.devices {
            try add(device.source, as: device.target, access: device.access, to: &result, depth: depth)
        }
        return result
    }

    /// Rules for devices of which not everything is allowed; none where there is no such device.
    ///
    /// All else is allowed by them: which devices there are is decided by what is shown inside.
    static func rules(_ devices: [DeviceMapping]) throws(SystemError) -> [DeviceRule] {
        var denied: [DeviceRule] = []
        for device in devices {
            guard let allowed = DeviceRule.Access(device.access), allowed != .all,
                let number = try Files.status(device.source)?.represented
            else { continue }
            denied.append(
                DeviceRule(
                    allows: false, kind: number.isBlock ? .block : .character, major: Int64(number.major),
                    minor: Int64(number.minor), access: DeviceRule.Access.all.subtracting(allowed)))
        }
        return denied.isEmpty ? [] : [DeviceRule(allows: true, kind: .all)] + denied
    }

    private static func add(
        _ source: String, as target: String, access: String, to result: inout [DeviceMapping], depth: Int
    ) throws(SystemError) {
        guard let status = try Files.status(source) else { return }
        switch status.kind {
        case .other: result.append(DeviceMapping(source: source, target: target, access: access))
        case .directory where depth > 0:
            for name in try Files.list(source) {
                try add("\(source)/\(name)", as: "\(target)/\(name)", access: access, to: &result, depth: depth - 1)
            }
        case .directory, .regular, .symbolicLink: break
        }
    }
}
