import Foundation
import JSON
import LinuxSystem
import TestSupport
import Testing

@testable import ContainerImages

/// What the store keeps, for how long, and what several processes do to it at once.
@Suite(.needsKernel) struct StoreTests {
    static func hexes(_ image: Image) -> [String] { image.configuration.layers.map(\.hex) }

    @Test("images share layers, and a layer goes with the last image that names it")
    func sharing() throws {
        let fixture = try ImageFixture()
        let base: [TarEntry] = [.file("base", "b")]
        let first = try fixture.layout([base, [.file("one", "1")]], name: "one:1", at: "one")
        let second = try fixture.layout([base, [.file("two", "2")]], name: "two:1", at: "two")
        let one = try #require(try fixture.store.load(from: first).first)
        let inode = try fixture.shell("stat -c %i \(one.layerDirectories[0])/base")
        let two = try #require(try fixture.store.load(from: second).first)
        #expect(one.layerDirectories[0] == two.layerDirectories[0])
        #expect(try fixture.shell("stat -c %i \(one.layerDirectories[0])/base") == inode, "unpacked once")
        #expect(fixture.list("state/images/layers").count == 3)
        #expect(try fixture.store.remove("one:1", force: false) == .init(names: ["one:1"], image: one.id))
        #expect(fixture.list("state/images/layers") == Self.hexes(two).sorted())
        #expect(try fixture.store.remove(String(two.id.hex.prefix(6)), force: false).image == two.id)
        #expect(fixture.leftovers() == [])
        #expect(throws: ImageError.self) { _ = try fixture.store.remove("two:1", force: false) }
    }

    @Test("a name moves to the image that takes it; an image may have several, and none")
    func names() throws {
        let fixture = try ImageFixture()
        let first = try fixture.layout([[.file("a", "1")]], name: "app:latest", at: "one")
        let second = try fixture.layout([[.file("a", "2")]], name: "docker.io/app", at: "two")
        let one = try #require(try fixture.store.load(from: first, name: "other:1").first)
        #expect(one.names == ["app:latest", "other:1"])
        let two = try #require(try fixture.store.load(from: second).first)
        #expect(two.names == ["app:latest"])
        #expect(try fixture.store.find("app")?.id == two.id)
        #expect(try fixture.store.find("other:1")?.id == one.id)
        #expect(try fixture.store.remove("other:1", force: false).image == one.id)
        #expect(throws: ImageError.self) { _ = try fixture.store.load(from: second, name: "No Name") }
        #expect(try fixture.store.load(from: second, name: "two").first?.names == ["app:latest", "two:latest"])
        // By its id an image with several names goes by force only.
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.remove(two.id.short, force: false) }
        #expect(error.reason == .ambiguous(["app:latest", "two:latest"]))
        #expect(try fixture.store.remove("two", force: false) == .init(names: ["two:latest"]))
        #expect(try fixture.store.remove("app", force: false).image == two.id)
        #expect(fixture.leftovers() == [])
    }

    @Test("an image that a container uses stays; by force its layers stay until the container goes")
    func uses() throws {
        let fixture = try ImageFixture()
        let path = try fixture.layout([[.file("a", "1")]], name: "app:1")
        let image = try #require(try fixture.store.load(from: path).first)
        try fixture.shell("mkdir -p state/containers/0123456789abcdef")
        try fixture.store.hold(image, for: "0123456789abcdef")
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.remove("app:1", force: false) }
        #expect(error.reason == .inUse(by: ["0123456789ab"]))
        #expect(try fixture.store.images().count == 1)
        _ = try fixture.store.remove("app:1", force: true)
        #expect(try fixture.store.images() == [])
        #expect(throws: ImageError.self) { try fixture.store.hold(image, for: "fedcba") }
        #expect(fixture.list("state/images/layers") == Self.hexes(image))
        // Loaded again, it is not unpacked again.
        let inode = try fixture.shell("stat -c %i \(image.layerDirectories[0])/a")
        _ = try fixture.store.load(from: path)
        #expect(try fixture.shell("stat -c %i \(image.layerDirectories[0])/a") == inode)
        _ = try fixture.store.remove("app:1", force: true)
        try fixture.shell("rmdir state/containers/0123456789abcdef")
        try fixture.store.collect()
        #expect(fixture.leftovers() == [])
    }

    @Test("what a killed process left is not believed, and goes with the next removal")
    func leftBehind() throws {
        let fixture = try ImageFixture()
        let path = try fixture.layout([[.file("a", "whole")]])
        let hex = ImageDigest(of: TarEntry.archive([.file("a", "whole")])).hex
        // Renamed into place by a process that died before the list named it, and then cut by a loss of power.
        try fixture.write([], to: "state/images/layers/\(hex)/a")
        try fixture.write([], to: "state/images/tmp/12345/half")
        let image = try #require(try fixture.store.load(from: path).first)
        #expect(try fixture.shell("cat \(image.layerDirectories[0])/a") == "whole")
        try fixture.store.collect()
        #expect(fixture.leftovers() == ["layers/\(hex)", "configs/\(image.id.hex)"])
    }

    /// A system call during a load, the first of its kind or a later one.
    struct Moment: CustomTestStringConvertible {
        let call: String, number: Int
        var testDescription: String { "\(call) \(number)" }
    }

    static let moments = [
        Moment(call: "openat2", number: 1), Moment(call: "fchown", number: 2), Moment(call: "fchown", number: 60),
        Moment(call: "syncfs", number: 1), Moment(call: "syncfs", number: 2), Moment(call: "rename", number: 1),
        Moment(call: "rename", number: 2), Moment(call: "renameat", number: 1), Moment(call: "renameat", number: 2),
    ]

    @Test("a loading process that is killed leaves no image, and the next one succeeds", arguments: moments)
    func killed(_ moment: Moment) throws {
        let fixture = try ImageFixture()
        let files = (0..<100).map { TarEntry.file("f\($0)", String(repeating: "x", count: 1000)) }
        let path = try fixture.layout([files, [.file("b", "2")]])
        let hawser = "\(PluginDirectory.repository)/.build/debug/hawser"
        let load = "\(hawser) image load --state-dir \(fixture.root)/state \(path)"
        let inject = "\(moment.call):signal=KILL:when=\(moment.number)"
        // The signal arrives before the call is made.
        try fixture.shell("strace -f -o trace -e trace=\(moment.call) -e inject=\(inject) \(load) || true")
        let trace = String(decoding: try fixture.read("\(fixture.root)/trace"), as: UTF8.self)
        #expect(trace.contains("killed by SIGKILL"), "\(trace)")
        #expect(try fixture.store.images() == [])
        let image = try #require(try fixture.store.load(from: path).first)
        let shown = try fixture.shell("ls \(image.layerDirectories[0]) | wc -l; cat \(image.layerDirectories[1])/b")
        #expect(shown == "100\n2")
        try fixture.store.collect()
        #expect(fixture.list("state/images/tmp") == [])
        _ = try fixture.store.remove("test:1", force: false)
        #expect(fixture.leftovers() == [])
    }

    @Test("eight processes load and remove one image at once, and what is left is whole")
    func atOnce() throws {
        let fixture = try ImageFixture()
        let files = (0..<200).map { TarEntry.file("f\($0)", String(repeating: "x", count: 100)) }
        let path = try fixture.layout([files, [.file("b", "2")]])
        let hawser = "\(PluginDirectory.repository)/.build/debug/hawser image"
        let places = "--state-dir \(fixture.root)/state"
        try fixture.shell(
            """
            for i in 1 2 3 4 5 6; do (for j in 1 2 3; do \(hawser) load \(places) \(path) || echo failed; done) & done
            for i in 1 2; do (for j in 1 2 3 4 5; do \(hawser) rm \(places) test:1 2>/dev/null || true; done) & done
            wait
            """)
        let image = try #require(try fixture.store.load(from: path).first)
        #expect(
            try fixture.shell("ls \(image.layerDirectories[0]) | wc -l; cat \(image.layerDirectories[1])/b") == "200\n2"
        )
        try fixture.store.collect()
        #expect(fixture.list("state/images/tmp") == [])
        #expect(fixture.list("state/images/layers").count == 2)
    }

    @Test("a disk that is full is named, and nothing stays on it")
    func fullDisk() throws {
        let fixture = try ImageFixture()
        let path = try fixture.layout([[TarEntry(name: "big", content: [UInt8](repeating: 1, count: 3 << 20))]])
        let hawser = "\(PluginDirectory.repository)/.build/debug/hawser"
        let script = """
            mkdir state; unshare -m sh -c 'mount -t tmpfs -o size=2m none state; \
            \(hawser) image load --state-dir \(fixture.root)/state \(path) 2>&1; echo $?; ls state/images/tmp state/images/layers'
            """
        let text = try fixture.shell(script)
        #expect(text.contains("layer 1") && text.contains("big: pwrite: No space left on device (ENOSPC)"), "\(text)")
        #expect(
            text.hasSuffix("\n1\n\(fixture.root)/state/images/layers:\n\nstate/images/tmp:\n")
                || text.contains("\n1\nstate/images/layers:\n\nstate/images/tmp:\n"), "\(text)")
    }
}
