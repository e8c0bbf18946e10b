internal import CLinux

/// Protection of programs that enter containers: what runs there can reach their file through /proc/PID/exe.
public enum SealedExecutable {
    /// A program on a mount of its own, which cannot be written to; it is executed by the descriptor's path in /proc.
    public static func open(_ path: String) throws(SystemError) -> OwnedDescriptor {
        let descriptor = unsafe hw_open_read_only(path)
        if descriptor < 0 { throw SystemError("open_tree", path, Errno(rawValue: -descriptor)) }
        return OwnedDescriptor(owning: descriptor)
    }

    /// Executes this program again, with the same arguments, from such a mount; returns where it runs on one already.
    ///
    /// Call it first: everything that was done is forgotten.
    public static func seal() throws(SystemError) {
        let result = unsafe Subprocess.withCStrings(Environment.arguments) { unsafe hw_execute_again_read_only($0) }
        if result < 0 { throw SystemError("execveat", "/proc/self/exe", Errno(rawValue: -result)) }
    }
}
