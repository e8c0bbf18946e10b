internal import CLinuxABI

/// One netlink message as it was received: its type, flags, sequence number, and what follows its header.
///
/// The bytes may come from anywhere: nothing here traps, and what does not fit reads as absent.
public struct MessageView: Sendable {
    /// The size of struct nlmsghdr.
    static let headerSize = 16

    private let bytes: ArraySlice<UInt8>
    /// As RTM_NEWLINK.
    public let type: UInt16
    /// NLM_F_*.
    public let flags: UInt16
    /// The request's sequence number.
    public let sequence: UInt32

    /// Reads the message that starts at the slice's start; nil when it is not whole.
    ///
    /// The slice is cut to the message.
    @inline(never)
    init?(_ slice: ArraySlice<UInt8>) {
        guard slice.count >= MessageView.headerSize, let length: UInt32 = slice.load(at: 0),
            length >= UInt32(MessageView.headerSize), length <= UInt32(clamping: slice.count),
            let type: UInt16 = slice.load(at: 4), let flags: UInt16 = slice.load(at: 6),
            let sequence: UInt32 = slice.load(at: 8)
        else { return nil }
        bytes = slice.prefix(Int(length))
        self.type = type
        self.flags = flags
        self.sequence = sequence
    }

    /// The bytes it takes in a datagram: its length rounded up to four.
    var paddedSize: Int { (bytes.count + 3) & ~3 }

    /// What follows struct nlmsghdr.
    @inline(never)
    public var payload: ArraySlice<UInt8> { bytes.dropFirst(MessageView.headerSize) }

    /// The family's fixed header; nil when the message is too short for it.
    public func header<Header>(as: Header.Type) -> Header? { payload.load(at: 0) }

    /// The attributes behind a fixed header of the given size.
    @inline(never)
    public func attributes(after headerSize: Int) -> AttributeSequence {
        AttributeSequence(payload.dropFirst((headerSize + 3) & ~3))
    }
}

/// An attribute: its type without flags, and its content.
public struct AttributeView: Sendable {
    /// NLA_F_NESTED and NLA_F_NET_BYTEORDER are taken off.
    public let type: UInt16
    /// The content, without padding.
    public let content: ArraySlice<UInt8>

    /// The content as an integer in the machine's order; nil when it is of another size.
    @inline(never)
    public func integer<Value: FixedWidthInteger>() -> Value? {
        content.count == MemoryLayout<Value>.size ? content.load(at: 0) : nil
    }

    /// The content as an integer in network order; nil when it is of another size.
    @inline(never)
    public func bigEndian<Value: FixedWidthInteger>() -> Value? {
        guard let value: Value = integer() else { return nil }
        return Value(bigEndian: value)
    }

    /// The text before the first NUL.
    @inline(never)
    public var string: String { String(decoding: content.prefix { $0 != 0 }, as: UTF8.self) }

    /// The bytes, copied.
    @inline(never)
    public var bytes: [UInt8] { Array(content) }

    /// The content as attributes.
    public var nested: AttributeSequence { AttributeSequence(content) }

    /// The content as a kernel structure; nil when it is shorter.
    public func structure<Value>(as: Value.Type) -> Value? { content.load(at: 0) }
}

/// Attributes one after another.
///
/// It ends at the first one whose length does not fit.
public struct AttributeSequence: Sequence, IteratorProtocol, Sendable {
    private var rest: ArraySlice<UInt8>

    /// Reads attributes from the start of the bytes.
    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next attribute.
    @inline(never)
    public mutating func next() -> AttributeView? {
        guard rest.count >= 4, let length: UInt16 = rest.load(at: 0), let type: UInt16 = rest.load(at: 2), length >= 4,
            Int(length) <= rest.count
        else { return nil }
        let content = rest.prefix(Int(length)).dropFirst(4)
        rest = rest.dropFirst((Int(length) + 3) & ~3)
        return AttributeView(type: type & UInt16(NLA_TYPE_BITS), content: content)
    }

    /// The first attribute of a type.
    @inline(never)
    public func first(_ type: UInt16) -> AttributeView? {
        for attribute in self where attribute.type == type { return attribute }
        return nil
    }
}

/// ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER): NLA_TYPE_MASK of linux/netlink.h, a macro that cannot be imported.
private let NLA_TYPE_BITS = 0x3fff

extension ArraySlice<UInt8> {
    /// A value at an offset from the start, aligned or not; nil when it does not lie within.
    package func load<Value>(at offset: Int) -> Value? {
        guard offset >= 0, MemoryLayout<Value>.size <= count - offset else { return nil }
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
