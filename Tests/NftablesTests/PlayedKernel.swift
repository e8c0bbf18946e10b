import CLinuxABI
import LinuxSystem
import Netlink

/// A kernel that answers each datagram with what a function makes of its messages.
struct PlayedKernel: ~Copyable, NetlinkTransport {
    /// A request as it was sent.
    struct Request {
        let type: UInt16
        let flags: UInt16
        let sequence: UInt32
    }

    private let answer: ([Request]) -> [[UInt8]]
    private var waiting: [[UInt8]] = []
    /// What a read answers once nothing waits.
    private let silence: SystemError

    init(
        silence: SystemError = SystemError("recvfrom", "AF_NETLINK", .noBuffers),
        _ answer: @escaping ([Request]) -> [[UInt8]]
    ) {
        self.silence = silence
        self.answer = answer
    }

    mutating func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) {
        var requests: [Request] = []
        var offset = 0
        while offset + 16 <= datagram.count {
            let header = unsafe datagram.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
            requests.append(
                Request(type: header.nlmsg_type, flags: header.nlmsg_flags, sequence: header.nlmsg_seq))
            offset += (Int(header.nlmsg_len) + 3) & ~3
        }
        waiting += answer(requests)
    }

    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard !waiting.isEmpty else { throw silence }
        let datagram = waiting.removeFirst()
        unsafe buffer.copyBytes(from: datagram)
        return datagram.count
    }

    /// An acknowledgement: NLMSG_ERROR with the error's number, 0 for success, and the header of the request.
    static func acknowledgement(_ request: Request, _ error: Errno?) -> [UInt8] {
        message(
            UInt16(NLMSG_ERROR), request.sequence,
            words([UInt32(bitPattern: -(error?.rawValue ?? 0)), 16, UInt32(request.type), request.sequence, 0]))
    }

    /// A message of this type with this content.
    static func message(_ type: UInt16, _ sequence: UInt32, _ content: [UInt8]) -> [UInt8] {
        words([UInt32(16 + content.count), UInt32(type), sequence, 0]) + content
    }

    private static func words(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32($0 * 8)) } }
    }
}
