internal import CLibmnl
internal import CLinuxABI
internal import LinuxSystem

/// One or more netlink requests in one zeroed buffer, sent together.
///
/// Attributes are put into the request that is being built by `request`; nests are closures, so that a length can neither
/// be forgotten nor left open. The buffer grows between requests; a single request has room for `requestLimit` bytes, and a
/// request that needs more is a broken promise of the caller and traps. (libmnl 1.0.4 leaves padding as it finds it:
/// the buffer is zeroed so that nothing of this process leaks to the kernel.)
@safe
public struct NetlinkBatch: ~Copyable {
    /// The most bytes one request may take.
    public static let requestLimit = 16384

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes in use; every request starts at a multiple of four.
    public private(set) var byteCount = 0
    /// How many requests there are.
    public private(set) var count = 0
    private var current: UnsafeMutablePointer<nlmsghdr>?

    /// An empty batch.
    ///
    /// `capacity` bytes are set aside at once; more come by themselves.
    @inline(never)
    public init(capacity: Int = 32768) {
        self.capacity = max(capacity, NetlinkBatch.requestLimit)
        unsafe base = Memory.zeroed(self.capacity)
    }

    deinit { unsafe Memory.free(base) }

    @inline(never)
    private mutating func makeRoom(_ needed: Int) {
        guard capacity - byteCount < needed else { return }
        let larger = max(capacity * 2, byteCount + needed)
        let fresh = unsafe Memory.zeroed(larger)
        unsafe fresh.copyMemory(from: base, byteCount: byteCount)
        unsafe Memory.free(base)
        unsafe base = fresh
        capacity = larger
    }

    /// Appends a request: its fixed header, then the attributes that `body` puts.
    ///
    /// NLM_F_REQUEST is added, and NLM_F_ACK unless `acknowledged` is false. Answers the request's index.
    @discardableResult
    @inline(never)
    public mutating func request<Header>(
        _ type: UInt16, flags: UInt16, acknowledged: Bool = true, header: Header,
        _ body: (inout NetlinkBatch) -> Void = { _ in }
    ) -> Int {
        makeRoom(NetlinkBatch.requestLimit)
        let message = unsafe mnl_nlmsg_put_header(base + byteCount)
        guard let message = unsafe message else { preconditionFailure("mnl_nlmsg_put_header answers its argument") }
        unsafe message.pointee.nlmsg_type = type
        unsafe message.pointee.nlmsg_flags = flags | UInt16(NLM_F_REQUEST) | (acknowledged ? UInt16(NLM_F_ACK) : 0)
        if MemoryLayout<Header>.size > 0,
            let place = unsafe mnl_nlmsg_put_extra_header(message, MemoryLayout<Header>.size)
        {
            unsafe place.storeBytes(of: header, as: Header.self)
        }
        unsafe current = message
        body(&self)
        unsafe current = nil
        return unsafe finish(Int(message.pointee.nlmsg_len))
    }

    /// Appends a request that `build` writes at the address it is given: for libraries that make whole messages.
    ///
    /// The place is zeroed and has `headroom` bytes. The sequence number is set when the batch is sent.
    @discardableResult
    @inline(never)
    public mutating func rawRequest(headroom: Int = requestLimit, _ build: (UnsafeMutableRawPointer) -> Void) -> Int {
        makeRoom(headroom)
        unsafe build(base + byteCount)
        let length = unsafe Int((base + byteCount).load(as: nlmsghdr.self).nlmsg_len)
        precondition(length >= 16 && length <= headroom, "a request is longer than its header and fits its place")
        return finish(length)
    }

    @inline(never)
    private mutating func finish(_ length: Int) -> Int {
        byteCount += (length + 3) & ~3
        precondition(byteCount <= capacity, "a request fits the room made for it")
        count += 1
        return count - 1
    }

    /// Numbers the requests from `first` on and says for each whether it asks for an acknowledgement.
    borrowing func number(from first: UInt32) -> [Bool] {
        var offset = 0
        var sequence = first
        var acknowledged: [Bool] = []
        acknowledged.reserveCapacity(count)
        while offset < byteCount {
            let header = unsafe (base + offset).assumingMemoryBound(to: nlmsghdr.self)
            unsafe header.pointee.nlmsg_seq = sequence
            unsafe acknowledged.append(header.pointee.nlmsg_flags & UInt16(NLM_F_ACK) != 0)
            sequence &+= 1
            unsafe offset += (Int(header.pointee.nlmsg_len) + 3) & ~3
        }
        return acknowledged
    }

    /// The type of a request, as RTM_NEWLINK's number.
    borrowing func type(ofRequest index: Int) -> UInt16 {
        var offset = 0
        for _ in 0..<index {
            unsafe offset += (Int((base + offset).load(as: nlmsghdr.self).nlmsg_len) + 3) & ~3
        }
        return unsafe (base + offset).load(as: nlmsghdr.self).nlmsg_type
    }

    /// Lends the bytes.
    borrowing func withBytes<R: ~Copyable>(_ body: (UnsafeRawBufferPointer) throws(SystemError) -> R)
        throws(SystemError) -> R
    {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }
}

// MARK: Attributes of the request under construction

extension NetlinkBatch {
    @inline(never)
    private borrowing func roomFor(_ length: Int) -> UnsafeMutablePointer<nlmsghdr> {
        guard let message = unsafe current else { preconditionFailure("attributes are put inside `request`") }
        let used = unsafe Int(message.pointee.nlmsg_len)
        precondition(used + length + 8 <= NetlinkBatch.requestLimit, "a request stays within requestLimit")
        return unsafe message
    }

    /// An attribute without content.
    public mutating func put(_ type: UInt16) { unsafe mnl_attr_put(roomFor(0), type, 0, nil) }
    /// One byte.
    public mutating func put(_ type: UInt16, _ value: UInt8) { unsafe mnl_attr_put_u8(roomFor(1), type, value) }
    /// Sixteen bits in the machine's order.
    public mutating func put(_ type: UInt16, _ value: UInt16) { unsafe mnl_attr_put_u16(roomFor(2), type, value) }
    /// Thirty-two bits in the machine's order.
    @inline(never)
    public mutating func put(_ type: UInt16, _ value: UInt32) { unsafe mnl_attr_put_u32(roomFor(4), type, value) }
    /// Sixty-four bits in the machine's order.
    public mutating func put(_ type: UInt16, _ value: UInt64) { unsafe mnl_attr_put_u64(roomFor(8), type, value) }
    /// Sixteen bits in network order.
    public mutating func put(_ type: UInt16, bigEndian value: UInt16) { put(type, value.bigEndian) }
    /// Thirty-two bits in network order.
    public mutating func put(_ type: UInt16, bigEndian value: UInt32) { put(type, value.bigEndian) }
    /// Sixty-four bits in network order.
    public mutating func put(_ type: UInt16, bigEndian value: UInt64) { put(type, value.bigEndian) }

    /// A text with a NUL behind it.
    public mutating func put(_ type: UInt16, string: String) {
        var bytes = Array(string.utf8)
        bytes.append(0)
        put(type, bytes: bytes)
    }

    /// Bytes as they are: an address, a text without NUL.
    public mutating func put(_ type: UInt16, bytes: [UInt8]) {
        let message = unsafe roomFor(bytes.count)
        unsafe bytes.withUnsafeBytes { unsafe mnl_attr_put(message, type, $0.count, $0.baseAddress) }
    }

    /// A kernel structure as it lies in memory.
    public mutating func put<Value>(_ type: UInt16, structure: Value) {
        let message = unsafe roomFor(MemoryLayout<Value>.size)
        unsafe withUnsafeBytes(of: structure) { unsafe mnl_attr_put(message, type, $0.count, $0.baseAddress) }
    }

    /// A fixed header between attributes, without an attribute header of its own: VETH_INFO_PEER's ifinfomsg.
    public mutating func putBare<Value>(_ structure: Value) {
        let message = unsafe roomFor(MemoryLayout<Value>.size)
        if let place = unsafe mnl_nlmsg_put_extra_header(message, MemoryLayout<Value>.size) {
            unsafe place.storeBytes(of: structure, as: Value.self)
        }
    }

    /// An attribute made of attributes.
    ///
    /// NLA_F_NESTED is set.
    @inline(never)
    public mutating func nest(_ type: UInt16, _ body: (inout NetlinkBatch) -> Void) {
        let message = unsafe roomFor(0)
        let start = unsafe mnl_attr_nest_start(message, type)
        body(&self)
        if let start = unsafe start { unsafe mnl_attr_nest_end(message, start) }
    }
}
