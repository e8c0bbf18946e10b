/// Who holds an address: a container and the interface in it.
public struct ReservationOwner: Hashable, Sendable {
    /// The container's id, as in CNI_CONTAINERID.
    public let containerID: String
    /// The interface's name in the container.
    ///
    /// Nil in a reservation of an old release, which stands for any interface.
    public let interfaceName: String?

    /// A number to find the owner by: FNV-1a of the content.
    ///
    /// Who finds, compares the content.
    let key: UInt64

    /// Names an attachment.
    public init(containerID: String, interfaceName: String?) {
        self.containerID = containerID
        self.interfaceName = interfaceName
        key = fnv1a(Self.content(containerID, interfaceName))
    }

    /// The content of a reservation: the id, CR LF, the interface; no end of line.
    var content: [UInt8] { Self.content(containerID, interfaceName) }

    @inline(never)
    private static func content(_ containerID: String, _ interfaceName: String?) -> [UInt8] {
        guard let interfaceName else { return Array(containerID.utf8) }
        return Array(containerID.utf8) + [0x0D, 0x0A] + Array(interfaceName.utf8)
    }

    /// The same container without an interface.
    var withoutInterface: ReservationOwner { ReservationOwner(containerID: containerID, interfaceName: nil) }

    /// Compares byte by byte, as the reference plugin does.
    public static func == (left: ReservationOwner, right: ReservationOwner) -> Bool {
        left.key == right.key && left.content == right.content
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }

}

extension ReservationOwner: CustomStringConvertible {
    /// As "interface eth0 of container 1a2b".
    public var description: String {
        guard let interfaceName else { return "container \(containerID)" }
        return "interface \(interfaceName) of container \(containerID)"
    }
}

/// What a reservation file says.
enum ReservationContent: Equatable {
    /// It is complete.
    case owned(ReservationOwner)
    /// It was left empty or half by a writer that died, or by a file system that lost its blocks: no one holds the address.
    case broken

    /// Reads the content of a file, white space at both ends ignored.
    init(_ bytes: [UInt8]) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var text = bytes[...]
        while let first = text.first, isSpace(first) { text.removeFirst() }
        // Half of "id CR LF interface": nothing that was written whole ends within the line break.
        let endsInBreak = text.last == 0x0D || text.count >= 2 && text.suffix(2) == [0x0D, 0x0A]
        while let last = text.last, isSpace(last) { text.removeLast() }
        guard !text.isEmpty, !text.contains(0) else {
            self = .broken
            return
        }
        guard let lineBreak = text.indices.first(where: { Self.isLineBreak(text, at: $0) }) else {
            self =
                endsInBreak
                ? .broken
                : .owned(ReservationOwner(containerID: String(decoding: text, as: UTF8.self), interfaceName: nil))
            return
        }
        self = .owned(
            ReservationOwner(
                containerID: String(decoding: text[..<lineBreak], as: UTF8.self),
                interfaceName: String(decoding: text[(lineBreak + 2)...], as: UTF8.self)))
    }

    private static func isLineBreak(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
        text[index] == 0x0D && index + 1 < text.endIndex && text[index + 1] == 0x0A
    }
}

/// The 64-bit FNV-1a hash.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
}
