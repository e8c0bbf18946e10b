internal import CLinux

/// Programs of the kernel that decide which devices the processes of a version 2 control group may use.
public enum DeviceFilter {
    /// Puts a program (BPF_PROG_TYPE_CGROUP_DEVICE) in the place of those that the group has.
    public static func attach(_ program: [UInt64], to group: String) throws(SystemError) {
        let directory = try OwnedDescriptor.directory(group)
        let result = unsafe hw_device_filter_attach(directory.rawValue, program, program.count)
        if result < 0 { throw SystemError("bpf", group, Errno(rawValue: -result)) }
    }
}
