internal import CLinuxABI
public import LinuxSystem
internal import Netlink

/// Removing an interface without sitting through the kernel's grace period.
///
/// RTM_DELLINK takes the interface down and away within a millisecond and then keeps its caller for 11 to 30 more, until every
/// CPU has let go of the device. A child process makes the call and bears the wait; the caller returns when the kernel has
/// announced that the interface's settings are gone (RTM_DELNETCONF, one message for each interface, where the group of links
/// has half a dozen), or with the kernel's error. The child owns no standard descriptor, makes no further call, and ends by
/// itself.
public enum DetachedRemoval {
    /// How long the kernel may take to announce a removal, in milliseconds; it is past a thousand times the usual.
    private static let deadline = 5000
    /// RTNLGRP_IPV4_NETCONF as a bit.
    private static let announcements = UInt32(1) << (RTNLGRP_IPV4_NETCONF.rawValue - 1)

    /// Removes the interface from the calling thread's namespace; false when it was not there.
    ///
    /// For programs that end soon: some memory stays with the child.
    public static func delete(_ link: LinkIndex) throws(SystemError) -> Bool {
        var batch = RouteBatch()
        batch.delete(link)
        // Subscribed before the act, so that the announcement cannot be missed.
        var socket = try NetlinkSocket.open(.route, groups: announcements)
        do throws(SystemError) {
            try socket.performByChild(batch.netlink, milliseconds: deadline) { message in
                guard message.type == UInt16(RTM_DELNETCONF) else { return false }
                let index: CInt? = netconfAttributes(message).first(UInt16(NETCONFA_IFINDEX))?.integer()
                return index == link.rawValue
            }
            return true
        } catch {
            if error.errno == .noDevice { return false }
            throw error.about("\(link)")
        }
    }
}
