import LinuxSystem
import Netlink

/// A kernel that answers whatever was asked with the datagrams it was given: each a length (two bytes, little endian) and
/// that many bytes; the last may be cut short.
struct ReplayTransport: ~Copyable, NetlinkTransport {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) {}

    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard rest.count > 2 else {
            throw SystemError("recvfrom", "replay", .protocolError, explanation: "the input is used up")
        }
        let first = rest.startIndex
        let length = min(Int(rest[first]) | Int(rest[first + 1]) << 8, rest.count - 2, buffer.count)
        unsafe buffer.copyBytes(from: rest.dropFirst(2).prefix(length))
        rest = rest.dropFirst(2 + length)
        return length
    }
}
