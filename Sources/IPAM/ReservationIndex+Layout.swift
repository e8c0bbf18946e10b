internal import Addressing
internal import LinuxSystem

// The index file. All numbers are little-endian.
//
//    0  "HWIPAM01"
//    8  capacity (4), used slots (4), removed slots (4), zero (4)
//   24  the reservation directory: device (8), inode (8), mtime in ns (8), ctime in ns (8)
//   56  boot id (16)
//   72  FNV-1a of the 72 bytes before (8)
//  128  capacity slots of 48 bytes:
//        0  owner's key (8)
//        8  the reservation file: inode (8), ctime in ns (8)
//       24  the first four bytes of the boot id under which Hawser made it; 0: made by others (4)
//       28  0 empty, 1 IPv4, 2 IPv6, 3 removed (1), zero (3)
//       32  address, most significant byte first (16)

/// One reservation as the index remembers it.
struct IndexEntry: Hashable {
    /// `ReservationOwner.key`.
    let key: UInt64
    let address: IPAddress
    /// Inode number and time of last change of the reservation file: they tell it from a later one of the same content.
    let inode: UInt64
    let changed: Int64
    /// A mark of the boot under which Hawser made it; 0 when others made it.
    let boot: UInt32
}

/// What a slot of the index holds.
enum IndexSlot: Equatable {
    case empty
    case removed
    case used(IndexEntry)

    static let size = 48

    @inline(never)
    init(_ bytes: ArraySlice<UInt8>) {
        let start = bytes.startIndex
        let kind = bytes[start + 28]
        guard kind == 1 || kind == 2 else {
            self = kind == 0 ? .empty : .removed
            return
        }
        var bits: UInt128 = 0
        for byte in bytes[(start + 32)..<(start + 48)] { bits = bits << 8 | UInt128(byte) }
        self = .used(
            IndexEntry(
                key: bytes.littleEndian(at: start),
                address: kind == 1 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(v6: bits),
                inode: bytes.littleEndian(at: start + 8),
                changed: Int64(bitPattern: bytes.littleEndian(at: start + 16)),
                boot: bytes.littleEndian(at: start + 24)))
    }

    var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.size)
        switch self {
        case .empty:
            return [UInt8](repeating: 0, count: Self.size)
        case .removed:
            result = [UInt8](repeating: 0, count: Self.size)
            result[28] = 3
        case .used(let entry):
            result.append(littleEndian: entry.key)
            result.append(littleEndian: entry.inode)
            result.append(littleEndian: UInt64(bitPattern: entry.changed))
            result.append(littleEndian: entry.boot)
            result.append(littleEndian: entry.address.family == .v4 ? 1 : 2 as UInt32)
            for shift in stride(from: 120, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: entry.address.bits >> UInt128(shift)))
            }
        }
        return result
    }
}

/// The head of the index: its size, and the state of the reservation directory that it describes.
struct IndexHeader: Equatable {
    static let slotsOffset = 128
    static let minimumCapacity: UInt32 = 1024
    private static let magic = Array("HWIPAM01".utf8)
    private static let size = 80

    var capacity = Self.minimumCapacity
    var used: UInt32 = 0
    var removed: UInt32 = 0
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var modified: Int64 = 0
    var changed: Int64 = 0
    var boot: [UInt8] = []

    init() {}

    /// Nil for anything but a whole header of this version.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else { return nil }
        let whole = bytes[...]
        guard whole.littleEndian(at: 72) == fnv1a(bytes[..<72]) else { return nil }
        capacity = whole.littleEndian(at: 8)
        used = whole.littleEndian(at: 12)
        removed = whole.littleEndian(at: 16)
        device = whole.littleEndian(at: 24)
        inode = whole.littleEndian(at: 32)
        modified = Int64(bitPattern: whole.littleEndian(at: 40))
        changed = Int64(bitPattern: whole.littleEndian(at: 48))
        boot = Array(bytes[56..<72])
        guard capacity >= Self.minimumCapacity, capacity <= 1 << 26, capacity & (capacity - 1) == 0 else { return nil }
    }

    var bytes: [UInt8] {
        var result = Self.magic
        result.reserveCapacity(Self.size)
        for number in [capacity, used, removed, 0] { result.append(littleEndian: number) }
        for number in [device, inode, UInt64(bitPattern: modified), UInt64(bitPattern: changed)] {
            result.append(littleEndian: number)
        }
        result.append(contentsOf: boot)
        result.append(littleEndian: fnv1a(result))
        return result
    }

    /// Whether the directory is as it was when the header was written.
    ///
    /// The kernel sets mtime and ctime of a directory to one and the same time whenever a name is added or removed, at
    /// whatever granularity. `ReservationIndex.seal` leaves two different times there. So no change by others can
    /// leave the pair that the header holds, not even in the same tick of the clock.
    func describes(_ status: FileStatus) -> Bool {
        device == status.device && inode == status.inode && modified == status.modified && changed == status.changed
            && modified != changed
    }
}

extension ArraySlice<UInt8> {
    fileprivate func littleEndian<Number: FixedWidthInteger>(at start: Int) -> Number {
        var number: Number = 0
        for index in (0..<(Number.bitWidth / 8)).reversed() { number = number << 8 | Number(self[start + index]) }
        return number
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        var rest = number
        for _ in 0..<(Number.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
