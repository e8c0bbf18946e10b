internal import CLinux

/// Linux capabilities by name and number (linux/capability.h).
public enum Capability {
    /// The names without "CAP_", at their numbers.
    public static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// The bit of a name without "CAP_"; nil when no kernel has such a capability.
    public static func bit(_ name: some StringProtocol) -> UInt64? {
        for (number, known) in names.enumerated() where known.utf8.elementsEqual(name.utf8) {
            return 1 << UInt64(number)
        }
        return nil
    }

    /// The names of the bits, without "CAP_".
    public static func names(of bits: UInt64) -> [String] {
        names.indices.filter { bits >> UInt64($0) & 1 == 1 }.map { names[$0] }
    }

    /// The most that this process and what it starts can have: its bounding set.
    public static func grantable() -> UInt64 {
        var bits: UInt64 = 0
        for number in 0..<64 {
            let present = clinux_has_capability(CInt(number))
            if present < 0 { break }
            if present > 0 { bits |= 1 << UInt64(number) }
        }
        return bits
    }
}
