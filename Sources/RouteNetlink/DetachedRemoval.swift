internal import CLinuxABI
public import LinuxSystem
internal import Netlink

/// Removing an interface without sitting through the kernel's grace period.
///
/// RTM_DELLINK announces the removal within a millisecond and then keeps its caller for 11 to 30 more, until every CPU
/// has let go of the device. A child process makes the call and bears the wait; the caller returns when the kernel has
/// announced the removal, or with the child's error. The child owns no standard descriptor, makes no further call, and
/// ends by itself.
public enum DetachedRemoval {
    /// How long the kernel may take to announce a removal, in milliseconds; it is past a thousand times the usual.
    private static let deadline = 5000

    /// Removes the interface from the calling thread's namespace; false when it was not there.
    ///
    /// For single-threaded programs only: it forks.
    public static func delete(_ link: LinkIndex) throws(SystemError) -> Bool {
        // Subscribed before the act, so that the announcement cannot be missed.
        var monitor = try NetlinkSocket.open(.route, groups: UInt32(RTMGRP_LINK))
        var socket = try RouteSocket.open()
        let child = try ChildProcess.fork {
            do throws(SystemError) {
                return try socket.delete(link) ? 0 : Errno.noDevice.rawValue
            } catch {
                return error.errno.rawValue
            }
        }
        let until = Clock.monotonicMilliseconds() + Int64(deadline)
        while true {
            let left = Int(until - Clock.monotonicMilliseconds())
            if left <= 0 {
                throw SystemError("RTM_DELLINK", "\(link)", .timedOut, explanation: "not removed within \(deadline) ms")
            }
            switch try child.wait(orReadable: monitor.transport.rawDescriptor(), milliseconds: left) {
            case .ended(.exited(0)): return true
            case .ended(.exited(Int(Errno.noDevice.rawValue))): return false
            case .ended(.exited(let number)):
                throw SystemError("RTM_DELLINK", "\(link)", Errno(rawValue: CInt(number)))
            case .ended(.signaled):
                throw SystemError(
                    "RTM_DELLINK", "\(link)", .interrupted, explanation: "a signal ended the removing child")
            case .readable:
                if try announced(link, &monitor) { return true }
            case .timedOut: continue
            }
        }
    }

    private static func announced(_ link: LinkIndex, _ monitor: inout NetlinkSocket) throws(SystemError) -> Bool {
        var found = false
        do throws(SystemError) {
            try monitor.receiveMessages { (message) throws(SystemError) in
                guard message.type == UInt16(RTM_DELLINK), let header = message.header(as: ifinfomsg.self),
                    header.ifi_index == link.rawValue, header.ifi_family == UInt8(AF_UNSPEC)
                else { return }
                found = true
            }
        } catch {
            // Announcements were lost in a storm of others: the child's end will tell.
            if error.errno != .noBuffers { throw error }
        }
        return found
    }
}
