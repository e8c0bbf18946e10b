internal import CLinux

/// Children that bear a wait of the kernel's for this process, and may outlive it.
///
/// They share this process's memory and touch only stacks of their own, so that starting one copies nothing. They have no
/// standard descriptors: whoever reads this process's output to its end does not wait for them.
public enum Errand {
    /// Sends a netlink request from a child; the answer comes to this process's socket.
    ///
    /// The child shares every descriptor but the standard ones: what it holds open stays open until the kernel has done what it
    /// was asked. EMSGSIZE past 4096 bytes.
    package static func send(_ request: UnsafeRawBufferPointer, on descriptor: CInt) throws(SystemError) {
        guard let start = request.baseAddress else { return }
        if unsafe clinux_send_by_child(descriptor, start, request.count) < 0 { throw .last("clone") }
    }

    /// Leaves the last close of a descriptor to a child, which holds it and nothing else until this process has ended.
    ///
    /// Closing an nf_tables socket after a transaction that removed something waits 10 to 20 ms for the kernel's grace period:
    /// that is the child's wait then. It locks nothing, keeps no pipe open, and ends by itself.
    public static func holdUntilEnd(_ descriptor: CInt) throws(SystemError) {
        if clinux_leave_to_child(descriptor) < 0 { throw .last("clone") }
    }
}
