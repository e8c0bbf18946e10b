/// What tells one boot of the machine from another: /proc/sys/kernel/random/boot_id.
public enum Boot {
    /// The running boot's id.
    public static func id() throws(SystemError) -> String {
        guard let text = try Sysctl.read("kernel/random/boot_id") else {
            throw SystemError("open", "/proc/sys/kernel/random/boot_id", .noEntry)
        }
        return text
    }
}
