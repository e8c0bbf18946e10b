import Addressing
import Foundation

@testable import IPAM

/// A data directory and an index directory of one test, removed with it.
final class TestDirectory: Sendable {
    let root: String
    var data: String { "\(root)/networks" }
    var network: String { "\(data)/net" }
    var indexes: String { "\(root)/index" }

    init() throws {
        root = NSTemporaryDirectory() + "hawser-ipam-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func store(indexed: Bool = true, boot: BootID? = .current(), lockMilliseconds: Int = 10_000) -> HostLocalStore {
        HostLocalStore(
            dataDirectory: data, network: "net", indexDirectory: indexed ? indexes : nil, boot: boot,
            lockMilliseconds: lockMilliseconds)
    }

    /// Name and content of each file of the reservation directory.
    func files() throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: network) {
            found[name] = String(decoding: try Data(contentsOf: URL(filePath: "\(network)/\(name)")), as: UTF8.self)
        }
        return found
    }

    /// The reserved addresses, in text order.
    func reserved() throws -> [String] {
        try files().keys.filter { IPAddress($0) != nil }.sorted()
    }

    /// Makes a file as another program would: without the lock, and without telling anyone.
    func write(_ name: String, _ content: String) throws {
        try FileManager.default.createDirectory(atPath: network, withIntermediateDirectories: true)
        try Data(content.utf8).write(to: URL(filePath: "\(network)/\(name)"))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(network)/\(name)")
    }

    func permissions(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(network)/\(name)")[.posixPermissions] as? Int
    }

    var indexFile: URL {
        get throws {
            let folder = try FileManager.default.contentsOfDirectory(atPath: indexes)
            return URL(filePath: "\(indexes)/\(folder.first ?? "")/net")
        }
    }
}

func owner(_ containerID: String, _ interfaceName: String? = "eth0") -> ReservationOwner {
    ReservationOwner(containerID: containerID, interfaceName: interfaceName)
}

extension HostLocalStore {
    /// Allocates, and answers with the addresses' texts.
    @discardableResult
    func take(_ containerID: String, _ pool: AddressPool, _ requested: [IPAddress] = []) throws -> [String] {
        try allocate(owner(containerID), from: pool, requested: requested).map { $0.address.address.description }
    }
}

extension BootID {
    /// The id of a machine that was started some other time.
    static let other = BootID(Array("00112233-4455-6677-8899-aabbccddeeff\n".utf8))
}
