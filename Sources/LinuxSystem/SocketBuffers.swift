internal import CLinux

/// The kernel's buffers of a socket: how much may be sent at once, how much may wait to be read.
package enum SocketBuffers {
    /// Asks for buffers of these sizes in bytes: beyond net.core.wmem_max and rmem_max with CAP_NET_ADMIN, else up to them.
    @inline(never)
    package static func reserve(_ socket: CInt, sending: Int, receiving: Int) {
        set(socket, SO_SNDBUFFORCE, SO_SNDBUF, sending)
        set(socket, SO_RCVBUFFORCE, SO_RCVBUF, receiving)
    }

    @inline(never)
    private static func set(_ socket: CInt, _ forced: CInt, _ plain: CInt, _ bytes: Int) {
        var value = CInt(clamping: bytes)
        let size = socklen_t(MemoryLayout<CInt>.size)
        if unsafe setsockopt(socket, SOL_SOCKET, forced, &value, size) != 0 {
            // Too small a buffer is reported by the send itself (EMSGSIZE), or by ENOBUFS when answers are lost.
            unsafe _ = setsockopt(socket, SOL_SOCKET, plain, &value, size)
        }
    }
}
