public import JSON
internal import LinuxSystem

/// What `features` prints: what this runtime can do, as the runtime specification 1.1 lays it out.
public enum Features {
    /// The whole document.
    ///
    /// `seccomp` is the part that module Seccomp knows of, or nil when filters are not supported.
    public static func document(seccomp: JSONObject?) -> JSONValue {
        var linux: [(String, JSONValue)] = [
            ("namespaces", strings(NamespaceSpecification.Kind.allCases.map { $0.rawValue }.sorted())),
            ("capabilities", strings(Capability.names.map { "CAP_" + $0 })),
            (
                "cgroup",
                .object(
                    JSONObject([
                        ("v1", .bool(true)), ("v2", .bool(true)), ("systemd", .bool(false)),
                        ("systemdUser", .bool(false)),
                        ("rdma", .bool(false)),
                    ]))
            ),
            ("apparmor", .object(JSONObject([("enabled", .bool(false))]))),
            ("selinux", .object(JSONObject([("enabled", .bool(false))]))),
            ("intelRdt", .object(JSONObject([("enabled", .bool(false))]))),
            ("mountExtensions", .object(JSONObject([("idmap", .object(JSONObject([("enabled", .bool(false))])))]))),
        ]
        var filter = seccomp ?? JSONObject()
        filter["enabled"] = .bool(seccomp != nil)
        linux.insert(("seccomp", .object(filter)), at: 3)
        return .object(
            JSONObject([
                ("ociVersionMin", .string("1.0.0")), ("ociVersionMax", .string(SpecificationTemplate.version)),
                (
                    "hooks",
                    strings([
                        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
                    ])
                ),
                ("mountOptions", strings(mountOptions)), ("linux", .object(JSONObject(linux))),
            ]))
    }

    private static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static var mountOptions: [String] {
        var names = ["bind", "defaults", "idmap", "rbind", "ridmap", "tmpcopyup"]
        for entry in MountFlags.entries {
            names.append(entry.name)
            if MountFlags.attributes.isSuperset(of: entry.flag) { names.append("r" + entry.name) }
        }
        for kind in MountPropagation.Kind.allCases { names += [kind.rawValue, "r" + kind.rawValue] }
        return names.sorted()
    }
}
