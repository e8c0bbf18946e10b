import Foundation
import JSON
import TestSupport
import Testing

@testable import ContainerImages

/// Archives whose makers mean harm.
@Suite(.needsKernel) struct HostileTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let entries: [TarEntry]
        /// Part of what is said.
        let says: String
    }

    static func attribute(_ name: String) -> TarEntry {
        var entry = TarEntry.file("f", "x")
        entry.records = [("SCHILY.xattr.\(name)", [0x79])]
        return entry
    }

    static let refused = [
        Case(testDescription: "a path that goes up", entries: [.file("../x", "x")], says: "goes up by \"..\""),
        Case(
            testDescription: "a path that goes up in its middle", entries: [.file("a/../../x", "x")],
            says: "a/../../x: the path"),
        Case(testDescription: "a directory that goes up", entries: [.directory("..")], says: "goes up"),
        Case(
            testDescription: "a hard link to outside", entries: [.hardLink("h", to: "../../../../etc/passwd")],
            says: "../../../../etc/passwd"),
        Case(
            testDescription: "a hard link to a file that is not in the layer",
            entries: [.hardLink("h", to: "/etc/passwd")], says: "ENOENT"),
        Case(
            testDescription: "a hard link to a directory", entries: [.directory("d"), .hardLink("h", to: "d")],
            says: "EPERM"),
        Case(testDescription: "a whiteout of nothing", entries: [.file(".wh.")], says: "hides nothing"),
        Case(testDescription: "a whiteout of the parent", entries: [.file("a/.wh...")], says: "hides nothing"),
        Case(testDescription: "a root that is a file", entries: [.file(".", "x")], says: "root is not a directory"),
        Case(
            testDescription: "a root that is a link", entries: [.link("./", to: "/etc")],
            says: "root is not a directory"),
        Case(
            testDescription: "an overlay's redirect", entries: [attribute("trusted.overlay.redirect")],
            says: "trusted.overlay.redirect is the kernel's own"),
        Case(
            testDescription: "an overlay's attribute of a user namespace",
            entries: [attribute("user.overlay.metacopy")],
            says: "user.overlay.metacopy"),
        Case(
            testDescription: "a file below a file", entries: [.file("a", "x"), .file("a/b", "x")], says: "ENOTDIR"),
        Case(
            testDescription: "a name that is too long",
            entries: [longName], says: "longer than 255"),
        Case(
            testDescription: "links in a circle",
            entries: [.link("a", to: "b"), .link("b", to: "a"), .file("a/x", "x")],
            says: "ELOOP"),
        Case(
            testDescription: "a file larger than its archive",
            entries: [TarEntry(name: "big", content: Array("x".utf8), declaredSize: 1 << 32)], says: "cannot be read"),
        Case(
            testDescription: "a file larger than anything",
            entries: [hugeSparse], says: "too large"),
        Case(testDescription: "an owner beyond 32 bits", entries: [hugeOwner], says: "owner's number"),
    ]

    static var longName: TarEntry {
        var entry = TarEntry.file("short", "x")
        entry.records = [("path", [UInt8](repeating: 0x6e, count: 300))]
        return entry
    }

    static var hugeSparse: TarEntry {
        var entry = TarEntry.file("sparse", "x")
        entry.records = [
            ("GNU.sparse.major", Array("0".utf8)), ("GNU.sparse.minor", Array("1".utf8)),
            ("GNU.sparse.map", Array("0,1".utf8)), ("GNU.sparse.size", Array("4611686018427387904".utf8)),
        ]
        return entry
    }

    static var hugeOwner: TarEntry {
        var entry = TarEntry.file("f", "x")
        entry.records = [("uid", Array("4294967296".utf8))]
        return entry
    }

    /// Whatever is below a root besides the fixture's own directory.
    func expectRefused(_ fixture: ImageFixture, _ path: String, says text: String) throws {
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: path) }
        #expect(error.description.contains(text), "\(error)")
        #expect(error.description.hasPrefix("image \(fixture.root)/"))
        #expect(fixture.leftovers() == [], "something became visible, or stays")
        #expect(try fixture.store.images() == [])
    }

    @Test("is refused, and nothing of its image stays", arguments: refused)
    func refusal(_ item: Case) throws {
        let fixture = try ImageFixture()
        try expectRefused(fixture, try fixture.layout([[.file("first", "1")], item.entries]), says: item.says)
    }

    @Test("what goes through links, or begins at the root, stays in the layer")
    func inside() throws {
        let fixture = try ImageFixture()
        let outside = "\(fixture.root)/outside"
        try fixture.write(Array("untouched".utf8), to: "outside/file")
        let path = try fixture.layout([
            [
                .link("out", to: outside), .directory(outside), .file("out/file", "through the link"),
                .file("/etc/absolute", "1"), .link("up", to: "../../../../.."), .file("up/etc/from-up", "2"),
                .link("final", to: "\(outside)/file"), .file("final", "replaces the link"),
                .link("self", to: "/proc/self/root"),
                .directory("proc/self/root"), .file("self/x", "3"),
            ]
        ])
        let layer = try #require(try fixture.store.load(from: path).first?.layerDirectories.first)
        #expect(try fixture.shell("cat outside/file; ls outside") == "untouchedfile\n")
        #expect(try fixture.shell("cat \(layer)\(outside)/file") == "through the link")
        #expect(try fixture.shell("cat \(layer)/etc/absolute \(layer)/etc/from-up \(layer)/proc/self/root/x") == "123")
        #expect(try fixture.shell("cat \(layer)/final; test ! -L \(layer)/final") == "replaces the link")
    }

    @Test("a tree that links make deeper than any path is removed again")
    func deep() throws {
        let fixture = try ImageFixture()
        let step = (0..<200).map { _ in "d" }.joined(separator: "/")
        var entries: [TarEntry] = []
        for number in 0..<10 {
            var directory = TarEntry.directory("long")
            directory.records = [("path", Array((number == 0 ? step : "l\(number - 1)/\(step)").utf8))]
            var link = TarEntry.link("l\(number)", to: "x")
            let target = number == 0 ? step : "l\(number - 1)/\(step)"
            link.records = [("linkpath", Array(target.utf8))]
            entries += [directory, link]
        }
        let path = try fixture.layout([entries])
        _ = try fixture.store.load(from: path)
        _ = try fixture.store.remove("test:1", force: false)
        #expect(fixture.leftovers() == [])
    }

    @Test("limits hold: entries, bytes, layers, documents")
    func limits() throws {
        let fixture = try ImageFixture()
        let path = try fixture.layout([[.file("a", "12345"), .file("b", "12345"), .file("c", "12345")], [.file("d")]])
        let changes: [((inout ImageLimits) -> Void, String)] = [
            ({ $0.entries = 2 }, "more than 2 entries"), ({ $0.layerBytes = 12 }, "more than 12 bytes"),
            ({ $0.fileBytes = 4 }, "5 bytes; at most 4"), ({ $0.layers = 1 }, "2 layers; at most 1"),
            ({ $0.documentBytes = 100 }, "more than 100 bytes"),
        ]
        for (change, says) in changes {
            var store = fixture.store
            change(&store.limits)
            let error = try #require(throws: ImageError.self) { _ = try store.load(from: path) }
            #expect(error.description.contains(says), "\(error)")
            #expect(fixture.leftovers() == [])
        }
    }

    @Test("a bomb of compressed zeros is stopped by the limit of a layer, before it fills the disk")
    func bomb() throws {
        let fixture = try ImageFixture()
        try fixture.shell("truncate -s 1G zeros; tar -cf - zeros | gzip > bomb.tar.gz; rm zeros")
        let packed = try fixture.read("\(fixture.root)/bomb.tar.gz")
        let layer = try fixture.blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip", in: "l")
        let configuration = ImageFixture.configuration(layers: [[1]])
        let manifest = JSONValue.object(
            JSONObject([
                ("config", .object(try fixture.blob(configuration, "x", in: "l"))),
                ("layers", .array([.object(layer)])),
            ]))
        try fixture.finish("l", [try fixture.blob(manifest.encoded(), ImageFixture.manifestType, in: "l")])
        var store = fixture.store
        store.limits.layerBytes = 50 << 20
        let error = try #require(throws: ImageError.self) { _ = try store.load(from: "\(fixture.root)/l") }
        #expect(error.description.contains("more than \(50 << 20) bytes"), "\(error)")
        #expect(fixture.leftovers() == [])
    }
}
