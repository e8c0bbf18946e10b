internal import CNIRuntime
public import ContainerRunner
internal import LinuxSystem
internal import Seccomp

/// What this machine can and cannot do for containers, by trying where that changes nothing, else by what the kernel says.
public struct Examination: Sendable {
    let paths: RunnerPaths

    /// An examination with these places.
    public init(_ paths: RunnerPaths) { self.paths = paths }

    /// Everything that is looked at, in the order in which it is needed.
    public func findings() -> [Finding] {
        [kernel()] + namespaces() + [overlay()] + rights() + [seccomp()] + controlGroups() + network() + plugins()
    }

    static func text(_ path: String) -> String? {
        guard let bytes = try? Files.readIfPresent(path, limit: 1 << 20) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private func kernel() -> Finding {
        let oldest = KernelVersion(major: 5, minor: 12)
        guard let version = try? KernelVersion.current() else {
            return Finding("kernel", .missing, "/proc/sys/kernel/osrelease cannot be read", remedy: "mount /proc")
        }
        let text = "\(version.major).\(version.minor)"
        if version < oldest {
            return Finding(
                "kernel", .limited, "Linux \(text) cannot map the ids of mounts, which --userns needs",
                remedy: "Linux 5.12 or newer")
        }
        return Finding("kernel", .ok, "Linux \(text)")
    }

    private func namespaces() -> [Finding] {
        NamespaceKind.allCases.map { kind in
            let subject = "\(kind) namespaces"
            guard Files.exists("/proc/self/ns/\(kind)") else {
                return Finding(subject, .missing, "the kernel was built without them")
            }
            let limit = Self.text("/proc/sys/user/max_\(kind)_namespaces")
            if limit == "0" {
                return Finding(
                    subject, .missing, "user.max_\(kind)_namespaces is 0",
                    remedy: "sysctl user.max_\(kind)_namespaces=10000")
            }
            return Finding(subject, .ok, limit.map { "at most \($0)" } ?? "")
        }
    }

    private func overlay() -> Finding {
        let subject = "overlayfs on \(paths.stateDirectory)"
        do {
            try Files.makeDirectories(paths.stateDirectory, mode: 0o711)
            if let refusal = try OverlayProbe.refusal(in: paths.stateDirectory) {
                return Finding(
                    subject, .limited, "\(refusal): private layers live in memory",
                    remedy: "a state directory on ext4, XFS or Btrfs (--state-dir)")
            }
            return Finding(subject, .ok, "an upper layer can be there")
        } catch {
            return Finding(subject, .missing, "\(error)")
        }
    }

    private func rights() -> [Finding] {
        let missing = Capability.names(of: ~Capability.grantable() & ((1 << UInt64(Capability.names.count)) - 1))
        var findings: [Finding] = []
        if missing.isEmpty {
            findings.append(Finding("capabilities", .ok, "none is missing"))
        } else {
            let usual = Capability.names(of: Capabilities.standard.rawValue & ~Capability.grantable())
            findings.append(
                Finding(
                    "capabilities", .limited,
                    "this process was not given \(missing.joined(separator: ", "))"
                        + (usual.isEmpty ? "" : "; containers go without \(usual.joined(separator: ", "))")
                        + (missing.contains("SYS_RESOURCE")
                            ? "; hard limits cannot be raised, nor oom_score_adj lowered" : "")))
        }
        for line in (Self.text("/proc/self/limits") ?? "").split(separator: "\n") where line.hasPrefix("Max open files")
        {
            let words = line.split(separator: " ")
            let hard = words.count > 4 ? String(words[4]) : "?"
            let isLow = Int(hard).map { $0 < 4096 } ?? false
            findings.append(
                Finding(
                    "open files", isLow ? .limited : .ok, "hard limit \(hard)",
                    remedy: isLow ? "raise it for whoever starts hawser (ulimit -Hn)" : ""))
        }
        return findings
    }

    private func seccomp() -> Finding {
        guard Files.exists("/proc/sys/kernel/seccomp/actions_avail") else {
            return Finding(
                "seccomp", .missing, "the kernel was built without filters", remedy: "--security-opt seccomp=unconfined"
            )
        }
        do {
            let filter = try SeccompProfile.standard(capabilities: Capabilities.standard.rawValue).compile()
            return Finding(
                "seccomp", .ok,
                "the standard profile is \(filter.bytes.count / 8) instructions by libseccomp \(SeccompProfile.libraryVersion)"
            )
        } catch {
            return Finding("seccomp", .missing, "\(error)", remedy: "Debian's libseccomp2")
        }
    }

    private func plugins() -> [Finding] {
        let ours = [
            "bridge", "firewall", "host", "host-local", "loopback", "none", "portmap", "static", "tuning",
        ]
        let missing = ours.filter { name in
            !paths.pluginDirectories.contains { Files.isExecutableFile("\($0)/\(name)") }
        }
        let places = paths.pluginDirectories.joined(separator: ":")
        var findings = [
            missing.isEmpty
                ? Finding("plugins", .ok, "\(ours.count) in \(places)")
                : Finding(
                    "plugins", missing.count == ours.count ? .missing : .limited,
                    "\(places) has no \(missing.joined(separator: ", "))", remedy: "scripts/install, or --plugin-dir")
        ]
        let tool = NetworkTool(paths)
        guard let (entries, faults) = try? tool.networks() else {
            return findings + [Finding("networks", .missing, "\(paths.networkDirectory) cannot be read")]
        }
        findings += faults.map { Finding("networks", .limited, "\($0)", remedy: "correct the file, or remove it") }
        if entries.isEmpty, faults.isEmpty {
            findings.append(
                Finding(
                    "networks", .missing, "\(paths.networkDirectory) describes none",
                    remedy: "cp conf/10-bridge.conflist \(paths.networkDirectory)"))
        }
        for entry in entries {
            do {
                try tool.status(entry.list.name)
                findings.append(Finding("network \(entry.list.name)", .ok, "its plugins are ready"))
            } catch {
                findings.append(Finding("network \(entry.list.name)", .missing, "\(error)"))
            }
        }
        return findings
    }
}
