import Addressing
import Foundation
import IPAM
import LinuxSystem

/// Reads the input as a directory of reservations: for each file the length of its name, the name, the length of its content
/// and the content; a file named `index` damages the index beside the directory instead.
///
/// Whatever lies there, an address that is handed out lies in its range and had no file of its own, an owner finds it
/// again, and after DEL nothing is left of him.
func fuzzIPAM(_ bytes: [UInt8]) {
    let root = "/dev/shm/hawser-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(Random.uint64())"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let store = HostLocalStore(dataDirectory: "\(root)/networks", network: "n", indexDirectory: "\(root)/index")
    let mine = ReservationOwner(containerID: "mine", interfaceName: "eth0")
    let other = ReservationOwner(containerID: "other", interfaceName: "eth0")
    guard let pool = try? makePool() else { preconditionFailure("the pool is well-formed") }

    // An index that is believed, made by an operation of our own, before anything is damaged.
    guard (try? store.allocate(other, from: pool)) != nil else { return }
    var damage: [UInt8] = []
    var taken: Set<String> = []
    var input = bytes[...]
    for _ in 0..<32 {
        guard let name = take(&input), let content = take(&input) else { break }
        let text = String(decoding: name, as: UTF8.self)
        if text == "index" {
            damage = content
        } else if !text.isEmpty, !text.contains("/"), !text.contains("\0"), text != ".", text != "..", text != "lock" {
            if FileManager.default.createFile(atPath: "\(store.directory)/\(text)", contents: Data(content)) {
                taken.insert(text)
            }
        }
    }
    if !damage.isEmpty { spoil(root, with: damage) }

    let before = taken
    if let reservations = try? store.allocate(mine, from: pool) {
        precondition(reservations.count == 1, "one address of each set")
        for reservation in reservations {
            let address = reservation.address.address
            precondition(pool.sets[0].contains(address), "an address outside its range: \(address)")
            precondition(address != reservation.gateway, "the gateway's address was handed out")
            let path = "\(store.directory)/\(address)"
            precondition(FileManager.default.fileExists(atPath: path), "a reservation without a file")
            if before.contains("\(address)") {
                precondition(isFree(bytes, named: "\(address)"), "an address that is another's: \(address)")
            }
            let found = (try? store.addresses(of: mine)) ?? [address]
            precondition(!damage.isEmpty || found.contains(address), "an owner who is not found")
        }
    }
    _ = try? store.checkCapacity(of: pool)
    // The first release takes what is the attachment's, the second what an old release wrote for its container.
    if (try? store.release(mine)) != nil, (try? store.release(mine)) != nil, damage.isEmpty {
        precondition((try? store.addresses(of: mine))?.isEmpty ?? true, "a released address is still held")
    }
    _ = try? store.collectGarbage(keeping: [other])
}

/// Six addresses, of which one is the gateway's.
private func makePool() throws -> AddressPool {
    guard let subnet = IPNetwork("10.1.0.0/29") else { throw IPAMError.noRanges }
    return try AddressPool([RangeSet([AddressRange(subnet: subnet)])])
}

/// A length byte and that many bytes.
private func take(_ input: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard let length = input.popFirst() else { return nil }
    let bytes = Array(input.prefix(Int(length)))
    input = input.dropFirst(Int(length))
    return bytes
}

/// Whether the last file of this name in the input is one that a dead writer leaves: empty, with lost blocks, or half.
private func isFree(_ bytes: [UInt8], named wanted: String) -> Bool {
    var input = bytes[...]
    var last: [UInt8] = []
    for _ in 0..<32 {
        guard let name = take(&input), let content = take(&input) else { break }
        if String(decoding: name, as: UTF8.self) == wanted { last = content }
    }
    return last.allSatisfy { $0 <= 0x20 } || last.contains(0) || last.last == 0x0D || last.suffix(2) == [0x0D, 0x0A]
}

/// Changes bytes of the index: each pair of the damage is a place (scaled to the file) and a mask.
private func spoil(_ root: String, with damage: [UInt8]) {
    let folder = "\(root)/index"
    for path in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
        guard var content = FileManager.default.contents(atPath: "\(folder)/\(path)"), !content.isEmpty else {
            continue
        }
        for pair in stride(from: 0, to: damage.count - 1, by: 2) {
            let place = (Int(damage[pair]) * 251 + pair) % content.count
            content[place] ^= damage[pair + 1]
        }
        // In place: the file keeps its identity, as a half-finished write does.
        guard let handle = FileHandle(forWritingAtPath: "\(folder)/\(path)") else { continue }
        try? handle.write(contentsOf: content)
        try? handle.close()
    }
}
