import Addressing
import Foundation
import Testing

@testable import IPAM

@Suite struct HostLocalStoreTests {
    let directory: TestDirectory
    init() throws { directory = try TestDirectory() }

    static func pool(_ sets: [RangeSet]) throws -> AddressPool { try AddressPool(sets) }

    @Test("the files are those of the reference: names, content, modes", arguments: [true, false])
    func format(_ indexed: Bool) throws {
        let store = directory.store(indexed: indexed)
        let pool = try AddressPool([set("10.1.0.0/24"), set("2001:DB8:0:0::/64")])
        let made = try store.allocate(owner("abc", "eth7"), from: pool)
        #expect(made.map { $0.address.description } == ["10.1.0.2/24", "2001:db8::2/64"])
        #expect(made.map { $0.gateway.description } == ["10.1.0.1", "2001:db8::1"])
        #expect(
            try directory.files() == [
                "lock": "", "10.1.0.2": "abc\r\neth7", "2001:db8::2": "abc\r\neth7",
                "last_reserved_ip.0": "10.1.0.2", "last_reserved_ip.1": "2001:db8::2",
            ])
        #expect(try directory.permissions("10.1.0.2") == 0o600)
        #expect(try directory.permissions("last_reserved_ip.0") == 0o600)
        #expect(try directory.permissions("lock") == 0o750)
        #expect(try directory.permissions(".") == 0o755)
    }

    @Test("addresses go round in a circle, past what was released, and the gateway is never among them")
    func circle() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/29")])
        for (name, address) in [("a", "2"), ("b", "3"), ("c", "4"), ("d", "5")] {
            #expect(try store.take(name, pool) == ["10.1.0.\(address)"])
        }
        try store.release(owner("a"))
        #expect(try store.take("e", pool) == ["10.1.0.6"])
        #expect(try store.take("f", pool) == ["10.1.0.2"])
        #expect(throws: IPAMError.exhausted(index: 0, pool.sets[0])) { try store.take("g", pool) }
        #expect(try directory.files()["last_reserved_ip.0"] == "10.1.0.2")
        try store.release(owner("c"))
        #expect(try store.take("h", pool) == ["10.1.0.4"])
    }

    @Test("an attachment gets no second address of a set, another interface of its container does")
    func duplicates() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/24")])
        try store.take("a", pool)
        #expect(throws: IPAMError.duplicateAllocation(try ip("10.1.0.2"), owner("a"))) { try store.take("a", pool) }
        #expect(throws: IPAMError.duplicateAllocation(try ip("10.1.0.2"), owner("a"))) {
            try store.take("a", pool, [ip("10.1.0.77")])
        }
        #expect(try store.allocate(owner("a", "eth1"), from: pool).count == 1)
        // Other sets are open to it: a network may have been given a second one.
        #expect(try store.take("a", AddressPool([set("10.2.0.0/24")])) == ["10.2.0.2"])
    }

    @Test("a reservation without an interface stands for all of them", arguments: [true, false])
    func olderReservations(_ indexed: Bool) throws {
        let store = directory.store(indexed: indexed)
        let pool = try AddressPool([set("10.1.0.0/24")])
        try directory.write("10.1.0.9", "old\n")
        #expect(throws: IPAMError.duplicateAllocation(try ip("10.1.0.9"), owner("old"))) { try store.take("old", pool) }
        #expect(try store.addresses(of: owner("old", "net3")) == [ip("10.1.0.9")])
        // An exact reservation is released first; the old one only when there is none.
        try directory.write("10.1.0.10", "old\r\neth0")
        #expect(try store.release(owner("old")) == [ip("10.1.0.10")])
        #expect(try store.release(owner("old")) == [ip("10.1.0.9")])
        #expect(try store.release(owner("old")) == [])
    }

    @Test("DEL and CHECK make no directory")
    func nothingThere() throws {
        #expect(try directory.store().release(owner("a")) == [])
        #expect(try directory.store().addresses(of: owner("a")) == [])
        #expect(try directory.store().collectGarbage(keeping: []) == [])
        try directory.store().checkCapacity(of: AddressPool([set("10.1.0.0/24")]))
        #expect(!FileManager.default.fileExists(atPath: directory.data))
    }

    @Test("what was taken of one set is released when another has nothing")
    func allOrNone() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/24"), set("10.2.0.0/30")])
        try store.take("a", pool)
        #expect(throws: IPAMError.exhausted(index: 1, pool.sets[1])) { try store.take("b", pool) }
        #expect(try directory.reserved() == ["10.1.0.2", "10.2.0.2"])
        #expect(throws: IPAMError.requestedTaken(try ip("10.2.0.2"), pool.sets[1])) {
            try store.take("b", pool, [ip("10.2.0.2")])
        }
        #expect(try directory.reserved() == ["10.1.0.2", "10.2.0.2"])
        #expect(try store.addresses(of: owner("b")) == [])
    }

    @Test("a requested address is handed out, and where it stands the next search begins")
    func requested() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/24")])
        #expect(try store.take("a", pool, [ip("10.1.0.44")]) == ["10.1.0.44"])
        #expect(try store.take("b", pool) == ["10.1.0.45"])
        #expect(throws: IPAMError.requestedTaken(try ip("10.1.0.45"), pool.sets[0])) {
            try store.take("c", pool, [ip("10.1.0.45")])
        }
        #expect(throws: IPAMError.requestedOutside([try ip("10.9.0.1")])) {
            try store.take("c", pool, [ip("10.9.0.1")])
        }
    }

    @Test(
        "what stands in last_reserved_ip may be anything", arguments: ["", "rubbish", "10.9.9.9", "10.1.0.1\n", "\0"])
    func lastReserved(_ content: String) throws {
        try directory.write("last_reserved_ip.0", content)
        #expect(try directory.store().take("a", AddressPool([set("10.1.0.0/24")])) == ["10.1.0.2"])
        #expect(try directory.files()["last_reserved_ip.0"] == "10.1.0.2")
    }

    @Test("an empty file is no reservation")
    func emptyFile() throws {
        try directory.write("10.1.0.2", "")
        #expect(try directory.store().take("a", AddressPool([set("10.1.0.0/24")])) == ["10.1.0.2"])
        #expect(try directory.files()["10.1.0.2"] == "a\r\neth0")
    }

    @Test(
        "a half file is free when there is nothing else, or when it is asked for",
        arguments: ["x\r", "x\r\n", "\0\0", " "])
    func halfFile(_ content: String) throws {
        let pool = try AddressPool([set("10.1.0.0/29", "10.1.0.2", "10.1.0.3")])
        try directory.write("10.1.0.2", content)
        #expect(try directory.store().take("a", pool) == ["10.1.0.3"])
        try directory.store().checkCapacity(of: pool)
        #expect(try directory.store().take("b", pool) == ["10.1.0.2"])
        try directory.write("10.1.0.3", content)
        #expect(try directory.store().take("c", pool, [ip("10.1.0.3")]) == ["10.1.0.3"])
    }

    @Test("what is no file keeps its address and is not touched")
    func strangers() throws {
        let pool = try AddressPool([set("10.1.0.0/29", "10.1.0.2", "10.1.0.5")])
        let target = "\(directory.root)/target"
        try Data("victim".utf8).write(to: URL(filePath: target))
        try directory.write("lock", "")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(directory.network)/10.1.0.2", withDestinationPath: target)
        try files.createSymbolicLink(atPath: "\(directory.network)/last_reserved_ip.0", withDestinationPath: target)
        try files.createDirectory(atPath: "\(directory.network)/10.1.0.3", withIntermediateDirectories: false)
        unsafe mkfifo("\(directory.network)/10.1.0.4", 0o600)
        let store = directory.store()
        #expect(try store.take("a", pool) == ["10.1.0.5"])
        #expect(throws: IPAMError.exhausted(index: 0, pool.sets[0])) { try store.take("b", pool) }
        #expect(try store.collectGarbage(keeping: []) == [ip("10.1.0.5")])
        #expect(try files.contentsOfDirectory(atPath: directory.network).count == 5)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "victim")
    }

    @Test("GC keeps what is valid, and only that")
    func garbage() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/24"), set("2001:db8::/64")])
        for name in ["a", "b", "c"] { try store.take(name, pool) }
        try directory.write("10.1.0.50", "old")
        try directory.write("10.1.0.51", "older")
        try directory.write("10.1.0.52", "")
        try directory.write("notes", "c\r\neth0")
        let released = try store.collectGarbage(keeping: [owner("b"), owner("c", "eth1"), owner("old")])
        #expect(
            released.sorted().map { $0.description }
                == ["10.1.0.2", "10.1.0.4", "10.1.0.51", "10.1.0.52", "2001:db8::2", "2001:db8::4"])
        #expect(try directory.reserved() == ["10.1.0.3", "10.1.0.50", "2001:db8::3"])
        #expect(try directory.files()["notes"] != nil)
        #expect(try store.addresses(of: owner("b")).count == 2)
        #expect(try store.addresses(of: owner("a")).isEmpty)
    }

    @Test("a full set is reported, an abandoned file is not counted")
    func capacity() throws {
        let store = directory.store()
        let pool = try AddressPool([set("10.1.0.0/24"), set("10.2.0.0/30")])
        try store.checkCapacity(of: pool)
        try store.take("a", pool)
        #expect(throws: IPAMError.exhausted(index: 1, pool.sets[1])) { try store.checkCapacity(of: pool) }
        try directory.write("10.2.0.2", "")
        try store.checkCapacity(of: pool)
    }

    @Test("a directory that stays locked is an error that names it")
    func lockTimeout() throws {
        try directory.write("lock", "")
        let holder = unsafe open("\(directory.network)/lock", O_RDWR)
        defer { close(holder) }
        #expect(flock(holder, LOCK_EX) == 0)
        let path = "\(directory.network)/lock"
        let error = IPAMError.lockTimedOut(path: path, milliseconds: 50)
        #expect(throws: error) { try directory.store(lockMilliseconds: 50).release(owner("a")) }
        #expect(error.isTemporary)
        #expect(error.description.contains(path))
    }

    @Test("what a killed writer left under a temporary name goes away, its address is free")
    func temporaryFile() throws {
        try directory.write(".hawser-1234", "a\r\neth0")
        #expect(try directory.store().take("a", AddressPool([set("10.1.0.0/24")])) == ["10.1.0.2"])
        #expect(try directory.files()[".hawser-1234"] == nil)
    }

    @Test("after many taken addresses the next free one is found in memory")
    func farSearch() throws {
        for number in 2...199 { try directory.write("10.1.0.\(number)", "c\(number)\r\neth0") }
        #expect(try directory.store().take("a", AddressPool([set("10.1.0.0/24")])) == ["10.1.0.200"])
    }
}
