internal import CLinuxABI
public import LinuxSystem
public import Netlink

extension RouteConnection where Transport == KernelTransport {
    /// Waits until an interface passes frames on: IF_OPER_UP of RFC 2863.
    ///
    /// A carrier reaches an interface's queue, and the bridge it is a port of, by a worker of the kernel: milliseconds later on
    /// an idle machine, any time on a busy one, and frames sent to it until then are dropped. Newer kernels (seen with 6.18)
    /// do that work when they are asked for the link, so that the first answer is the one that is waited for; older ones
    /// announce it. ETIMEDOUT when it does not come to that.
    public mutating func waitUntilOperational(_ link: LinkIndex, milliseconds: Int) throws(SystemError) {
        if try isOperational(link) { return }
        let until = Clock.monotonicMilliseconds() + Int64(milliseconds)
        var monitor = try RouteSocket.open(groups: UInt32(RTMGRP_LINK))
        // Asked again, now that no announcement can be missed.
        while try !isOperational(link) {
            let left = Int(until - Clock.monotonicMilliseconds())
            guard left > 0, try Readiness.waitToRead(monitor.netlink.transport.rawDescriptor(), milliseconds: left)
            else {
                throw SystemError(
                    "RTM_GETLINK", "\(link)", .timedOut, explanation: "the interface passes no frames on")
            }
            do throws(SystemError) {
                try monitor.netlink.receiveMessages { (_) throws(SystemError) in }
            } catch {
                // Announcements were lost in a storm of others: the next question will tell.
                if error.errno != .noBuffers { throw error }
            }
        }
    }

    private mutating func isOperational(_ index: LinkIndex) throws(SystemError) -> Bool {
        guard let link = try link(index) else {
            throw SystemError("RTM_GETLINK", "\(index)", .noDevice)
        }
        return link.isOperational
    }
}
