import Addressing
import Foundation
import LinuxSystem
import Testing

@testable import IPAM

@Suite struct ReservationIndexTests {
    let directory: TestDirectory
    let pool: AddressPool
    init() throws {
        directory = try TestDirectory()
        pool = try AddressPool([set("10.1.0.0/16")])
    }

    /// Whether the next operation would believe the index.
    func isTrusted() throws -> Bool {
        let status = try #require(try Files.status(directory.network))
        let boot = try #require(BootID.current())
        guard let index = ReservationIndex.open(try directory.indexFile.path(), boot: boot, describing: status) else {
            return false
        }
        return index.isTrusted
    }

    @Test("after each operation of ours the index is believed")
    func trusted() throws {
        let store = directory.store()
        try store.take("a", pool)
        #expect(try isTrusted())
        try store.take("b", pool)
        #expect(try isTrusted())
        try store.release(owner("a"))
        #expect(try isTrusted())
        #expect(try store.addresses(of: owner("b")) == [ip("10.1.0.3")])
        #expect(try isTrusted())
        try store.collectGarbage(keeping: [])
        #expect(try isTrusted())
        #expect(throws: IPAMError.self) { try store.take("c", pool, [ip("10.1.0.1")]) }
        #expect(try isTrusted())
    }

    /// The clock of directory times advances by milliseconds; each change here follows ours within microseconds.
    @Test("a reservation made by others is found, however soon after ours it was made")
    func foreignReservation() throws {
        let store = directory.store()
        for number in 0..<200 {
            try store.take("ours\(number)", pool)
            try directory.write("10.1.9.9", "theirs\(number)\r\neth0")
            #expect(try store.addresses(of: owner("theirs\(number)")) == [ip("10.1.9.9")])
            #expect(try store.release(owner("ours\(number)")).count == 1)
            try directory.remove("10.1.9.9")
            #expect(try store.addresses(of: owner("theirs\(number)")) == [])
        }
    }

    @Test("a reservation removed by others is gone, however soon")
    func foreignRelease() throws {
        let store = directory.store()
        for number in 0..<200 {
            let address = try #require(try store.take("c", pool).first)
            try directory.remove(address)
            #expect(try store.addresses(of: owner("c")) == [], "\(number)")
        }
    }

    @Test("a file written over in place is not released for its former owner")
    func foreignOverwrite() throws {
        let store = directory.store()
        try store.take("a", pool)
        let file = try #require(FileHandle(forWritingAtPath: "\(directory.network)/10.1.0.2"))
        try file.write(contentsOf: Data("b".utf8))
        try file.close()
        #expect(try isTrusted())
        #expect(try store.release(owner("a")) == [])
        #expect(try store.release(owner("b")) == [ip("10.1.0.2")])
    }

    /// The index may be older than the directory (a process was killed before it wrote), or belong to another state of it.
    @Test("with the index of any earlier moment the answers are right")
    func staleIndex() throws {
        let store = directory.store()
        var snapshots: [Data] = []
        for number in 0..<12 {
            try store.take("c\(number)", pool)
            if number % 3 == 2 { try store.release(owner("c\(number - 1)")) }
            snapshots.append(try Data(contentsOf: directory.indexFile))
        }
        let reserved = try directory.files().filter { IPAddress($0.key) != nil }
        for snapshot in snapshots {
            try snapshot.write(to: directory.indexFile)
            for number in 0..<12 {
                let expected = reserved.filter { $0.value == "c\(number)\r\neth0" }.keys.compactMap { IPAddress($0) }
                #expect(try store.addresses(of: owner("c\(number)")) == expected)
            }
        }
    }

    @Test("a process killed at any write to the index leaves the answers right")
    func killedWriter() throws {
        let store = directory.store()
        for number in 0..<5 { try store.take("c\(number)", pool) }
        let before = try Data(contentsOf: directory.indexFile)
        try store.take("new", pool)
        try store.release(owner("c2"))
        let after = try Data(contentsOf: directory.indexFile)
        let changed = zip(before, after).enumerated().filter { $1.0 != $1.1 }.map { $0.offset }
        #expect(changed.count > 50)
        // Any part of what was written may have arrived, but never the header, which comes last.
        for cut in changed where cut >= IndexHeader.slotsOffset {
            var half = before
            for offset in changed where offset >= IndexHeader.slotsOffset && offset <= cut {
                half[offset] = after[offset]
            }
            try half.write(to: directory.indexFile)
            #expect(try store.addresses(of: owner("new")) == [ip("10.1.0.7")])
            #expect(try store.addresses(of: owner("c2")) == [])
            #expect(try store.addresses(of: owner("c3")) == [ip("10.1.0.5")])
        }
    }

    @Test("a damaged index never makes an answer wrong, and never traps")
    func damage() throws {
        let store = directory.store()
        for number in 0..<4 { try store.take("c\(number)", pool) }
        let whole = try Data(contentsOf: directory.indexFile)
        let interesting =
            Array(0..<IndexHeader.slotsOffset)
            + whole.indices.filter { $0 >= IndexHeader.slotsOffset && whole[$0] != 0 }
        for offset in interesting where offset < 80 {
            var damaged = whole
            damaged[offset] ^= 0xFF
            try damaged.write(to: directory.indexFile)
            #expect(try store.addresses(of: owner("c1")) == [ip("10.1.0.3")], "byte \(offset)")
        }
        for length in [0, 1, 79, 80, 127, 128, 129, 4096] {
            try whole.prefix(length).write(to: directory.indexFile)
            #expect(try store.addresses(of: owner("c1")) == [ip("10.1.0.3")], "\(length) bytes")
        }
        try FileManager.default.removeItem(at: directory.indexFile)
        try FileManager.default.createDirectory(at: directory.indexFile, withIntermediateDirectories: false)
        #expect(try store.addresses(of: owner("c1")) == [ip("10.1.0.3")])
        try store.take("d", pool)
        #expect(try store.addresses(of: owner("d")).count == 1)
    }

    @Test("owners of one key are told apart by their files")
    func collision() throws {
        try directory.write("lock", "")
        let path = "\(directory.root)/index-file"
        let boot = try #require(BootID.current())
        let status = try #require(try Files.status(directory.network))
        guard var index = ReservationIndex.open(path, boot: boot, describing: status) else {
            Issue.record("no index at \(path)")
            return
        }
        try index.rebuild([])
        var entries: Set<IndexEntry> = []
        var generator = Seeded(state: 4)
        // Many keys with one home, and many with one value.
        for number in 0..<2000 {
            let entry = IndexEntry(
                key: UInt64(number % 7 == 0 ? 42 : number % 5), address: IPAddress(v4: 0x0A00_0000 + UInt32(number)),
                inode: UInt64(number), changed: 1, boot: 0)
            if number < 400 || number % 9 == 0 {
                try index.insert(entry)
                entries.insert(entry)
            }
            if Bool.random(using: &generator), let old = entries.randomElement(using: &generator) {
                try index.remove(old.key, old.address)
                entries.remove(old)
            }
        }
        #expect(Set(try index.entries()) == entries)
        for key in Set(entries.map { $0.key }) {
            let expected = Set(entries.filter { $0.key == key }.map { $0.address })
            #expect(Set(try index.addresses(key)) == expected)
        }
    }

    @Test("an index that another process has locked is done without")
    func lockedIndex() throws {
        let store = directory.store()
        try store.take("a", pool)
        let holder = unsafe open(try directory.indexFile.path(), O_RDWR)
        defer { close(holder) }
        #expect(flock(holder, LOCK_EX) == 0)
        try store.take("b", pool)
        #expect(try store.addresses(of: owner("b")) == [ip("10.1.0.3")])
        #expect(try store.release(owner("a")) == [ip("10.1.0.2")])
    }

    @Test("reservations of an earlier boot are taken back when nothing else is left")
    func earlierBoot() throws {
        let pool = try AddressPool([set("10.1.0.0/29")])
        let earlier = directory.store(boot: .other)
        for name in ["a", "b", "c"] { try earlier.take(name, pool) }
        try directory.write("10.1.0.5", "foreign\r\neth0")
        let store = directory.store()
        #expect(try store.take("d", pool) == ["10.1.0.6"])
        try store.checkCapacity(of: pool)
        #expect(try directory.reserved().count == 5)
        #expect(try store.take("e", pool) == ["10.1.0.2"])
        // "a", "b" and "c" went; what others made stays for GC to judge.
        #expect(try directory.reserved() == ["10.1.0.2", "10.1.0.5", "10.1.0.6"])
    }

    @Test("an address of an earlier boot may be asked for again, also by the same container")
    func earlierBootRequested() throws {
        try directory.store(boot: .other).take("a", pool)
        try directory.store(boot: .other).take("b", pool)
        let store = directory.store()
        #expect(try store.take("c", pool, [ip("10.1.0.2")]) == ["10.1.0.2"])
        #expect(try store.take("b", pool) == ["10.1.0.3"])
        #expect(throws: IPAMError.duplicateAllocation(try ip("10.1.0.3"), owner("b"))) { try store.take("b", pool) }
        #expect(try directory.reserved() == ["10.1.0.2", "10.1.0.3"])
    }

    @Test("a reservation that others made again since is theirs, same content or not")
    func earlierBootReplaced() throws {
        let pool = try AddressPool([set("10.1.0.0/29", "10.1.0.2", "10.1.0.3")])
        let earlier = directory.store(boot: .other)
        try earlier.take("a", pool)
        try earlier.take("b", pool)
        try directory.remove("10.1.0.2")
        try directory.write("10.1.0.2", "a\r\neth0")
        let store = directory.store()
        #expect(try store.take("c", pool) == ["10.1.0.3"])
        #expect(throws: IPAMError.exhausted(index: 0, pool.sets[0])) { try store.take("d", pool) }
        #expect(try directory.files()["10.1.0.2"] == "a\r\neth0")
    }
}
