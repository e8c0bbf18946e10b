extension SeccompProfile {
    /// The profile of a container that asks for no other: what docker's allows and refuses with the same capabilities.
    ///
    /// Docker's lists what is allowed, some 350 names, which libseccomp takes 5 to 15 ms to compile. This is the same set
    /// from its other side: a number is refused here, or absent, or allowed. A test holds the two sides together
    /// (docs/decisions.md).
    public static func standard(capabilities: UInt64) -> SeccompProfile {
        var profile = SeccompProfile(defaultAction: .allow)
        let native = SeccompArchitecture.native
        if native == .x86_64 { profile.architectures = [.x86] }
        if native == .aarch64 { profile.architectures = [.arm] }
        // What a kernel without x32 says to it.
        profile.otherArchitectures = .errno(notImplemented)
        profile.absent = absentCalls
        for group in groups where !group.capabilities.contains(where: { capabilities & 1 << $0 != 0 }) {
            profile.rules.append(SeccompRule(words(group.names), .errno(notPermitted)))
        }
        // Linux's own, of 32 bits (8), of a 2.6 by name (0x20000), both, and the question which one it is.
        profile.rules.append(SeccompRule(["personality"], .errno(notPermitted)))
        profile.exemptions = [Exemption(name: "personality", values: [0, 8, 0x20000, 0x20008, .max])]
        // AF_VSOCK reaches the machine below this one.
        profile.rules.append(
            SeccompRule(
                ["socket"], .errno(notPermitted), when: [SeccompCondition(argument: 0, .equal, 40)]))
        if capabilities & 1 << systemAdministration == 0 {
            // Its flags lie in memory, which a filter cannot read; libraries fall back to clone.
            profile.rules.append(SeccompRule(["clone3"], .errno(notImplemented)))
            profile.rules += namespaceFlags.map { flag in
                SeccompRule(
                    ["clone"], .errno(notPermitted),
                    when: [SeccompCondition(argument: 0, .masked(mask: flag), flag)])
            }
        }
        return profile
    }

    /// Calls that are refused, unless a container has one of these capabilities.
    private struct Group {
        let names: String
        let capabilities: [UInt64]

        init(_ names: String, unless capabilities: UInt64...) {
            self.names = names
            self.capabilities = capabilities
        }
    }

    private static let notPermitted: UInt16 = 1
    private static let notImplemented: UInt16 = 38
    private static let systemAdministration: UInt64 = 21

    private static let groups = [
        // No namespace separates them: keys, swap, pages of other processes, the kernel itself.
        Group("add_key request_key keyctl"),
        Group("kexec_load kexec_file_load swapon swapoff"),
        Group("migrate_pages move_pages userfaultfd"),
        Group("io_uring_setup io_uring_enter io_uring_register"),
        Group("pivot_root"),
        // Long superseded. What kernels have never had, or have no more (_sysctl, bdflush, ftime), they refuse themselves.
        Group("sysfs ustat uselib vm86 vm86old"),
        Group("nice oldfstat oldlstat oldolduname oldstat olduname readdir"),
        Group("sgetmask sigaction signal sigpending sigsuspend ssetmask"),
        Group("open_by_handle_at", unless: 2),
        Group("delete_module finit_module init_module", unless: 16),
        Group("ioperm iopl", unless: 17),
        Group("chroot", unless: 18),
        Group("kcmp pidfd_getfd process_madvise", unless: 19),
        Group("acct", unless: 20),
        Group("fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree umount umount2", unless: 21),
        Group("fanotify_init lookup_dcookie quotactl quotactl_fd setdomainname sethostname setns unshare", unless: 21),
        Group("reboot", unless: 22),
        Group("get_mempolicy mbind set_mempolicy set_mempolicy_home_node", unless: 23),
        Group("clock_settime clock_settime64 settimeofday stime", unless: 25),
        Group("vhangup", unless: 26),
        Group("syslog", unless: 21, 34),
        Group("perf_event_open", unless: 21, 38),
        Group("bpf", unless: 21, 39),
    ]

    /// CLONE_NEW*, each bit of it.
    private static let namespaceFlags: [UInt64] = [
        0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]

    /// 456 is the newest number for which libseccomp 2.5.4 has a name (futex_requeue).
    ///
    /// Of what came after it, mseal (462) and the calls for extended attributes (463 to 466) are harmless. ARM has calls of its
    /// own above 0xF0000.
    private static let absentCalls = [
        AbsentCalls(numbers: 457...461, architecture: nil),
        AbsentCalls(numbers: 467...0xE_FFFF, architecture: nil),
        // The gap between its old numbers and those that all architectures share; 335 is uretprobe.
        AbsentCalls(numbers: 336...423, architecture: .x86_64),
    ]

    private static func words(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: Array($0), as: UTF8.self) }
    }
}
