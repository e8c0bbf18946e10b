internal import Addressing
internal import CLinuxABI
public import LinuxSystem
public import Netlink

extension RouteConnection where Transport == KernelTransport {
    /// RTMGRP_IPV6_IFADDR: the multicast group that announces changes of IPv6 addresses.
    public static var ipv6AddressGroup: UInt32 { UInt32(RTMGRP_IPV6_IFADDR) }

    /// Waits until no IPv6 address of an interface is tentative any more: RFC 4862, 5.4.
    ///
    /// `monitor` is another socket, which joined `ipv6AddressGroup` before the addresses were added. EEXIST naming the
    /// address when it has another owner, ETIMEDOUT when detection does not come to an end.
    public mutating func waitForDuplicateDetection(
        on link: LinkIndex, watching monitor: inout RouteSocket, milliseconds: Int
    ) throws(SystemError) {
        let until = Clock.monotonicMilliseconds() + Int64(milliseconds)
        while true {
            var isTentative = false
            for address in try addresses(of: link) where address.network.family == .v6 {
                if address.flags.contains(.duplicateFound) {
                    throw SystemError(
                        "RTM_NEWADDR", "\(address.network)", .exists,
                        explanation: "duplicate address detection found another owner")
                }
                if address.flags.contains(.tentative) { isTentative = true }
            }
            if !isTentative { return }
            let left = Int(until - Clock.monotonicMilliseconds())
            guard left > 0, try Readiness.waitToRead(monitor.netlink.transport.rawDescriptor(), milliseconds: left)
            else {
                throw SystemError(
                    "RTM_NEWADDR", "\(link)", .timedOut, explanation: "duplicate address detection did not end")
            }
            try monitor.netlink.receiveMessages { (_) throws(SystemError) in }
        }
    }
}
