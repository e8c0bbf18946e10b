import Foundation
import JSON
import TestSupport
import Testing

@testable import ContainerImages

/// Images that are cut, changed or incomplete.
@Suite(.needsKernel) struct DamageTests {
    /// An image in a layout, with the descriptors of its parts.
    struct Parts {
        let fixture: ImageFixture
        let manifest: ImageManifest
        let manifestPath: String

        init() throws {
            fixture = try ImageFixture()
            let content = String(repeating: "some text\n", count: 5000)
            let descriptor = try fixture.image([TarEntry.archive([.file("a", content)])], in: "layout")
            try fixture.finish("layout", [descriptor])
            let reader = DocumentReader(descriptor, "", "")
            manifestPath = try Descriptor(reader).path
            manifest = try ImageManifest(try fixture.read("\(fixture.root)/layout/\(manifestPath)"), "", "")
        }

        func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
            var bytes = try fixture.read("\(fixture.root)/layout/\(path)")
            body(&bytes)
            try fixture.write(bytes, to: "layout/\(path)")
        }

        func expectRefused(_ text: String, naming entry: String) throws {
            let error = try #require(throws: ImageError.self) {
                _ = try fixture.store.load(from: "\(fixture.root)/layout")
            }
            #expect(error.description.contains(text) && error.description.contains(entry), "\(error)")
            #expect(fixture.leftovers() == [])
        }
    }

    @Test("a changed byte is found, in each document and in a layer")
    func changed() throws {
        for part in ["manifest", "config"] {
            let parts = try Parts()
            let path = part == "manifest" ? parts.manifestPath : parts.manifest.configuration.path
            // Another digit of a digest: still JSON, still of its size.
            try parts.change(path) { bytes in
                let place = bytes.lastIndex { $0 == UInt8(ascii: "\"") } ?? 1
                bytes[place - 1] = bytes[place - 1] == 0x30 ? 0x31 : 0x30
            }
            try parts.expectRefused("its digest is", naming: path)
        }
        let parts = try Parts()
        let layer = try #require(parts.manifest.layers.first).path
        try parts.change(layer) { bytes in bytes[4] ^= 1 }  // gzip's time: what is inside stays the same
        try parts.expectRefused("its digest is", naming: layer)
    }

    @Test("a layer that is cut is refused, also where its descriptor says so")
    func cut() throws {
        let parts = try Parts()
        let layer = try #require(parts.manifest.layers.first)
        try parts.change(layer.path) { bytes in bytes.removeLast(20) }
        try parts.expectRefused("layer 1", naming: layer.path)
        // The same with digest and size of what is left: only the stream itself tells.
        let fixture = try ImageFixture()
        let archive = TarEntry.archive([.file("a", String(repeating: "some text\n", count: 5000))])
        let packed = try fixture.pack(archive, .gzip).dropLast(20)
        let cutLayer = try fixture.blob(Array(packed), "x", in: "l")
        let config = try fixture.blob(ImageFixture.configuration(layers: [archive]), "x", in: "l")
        let manifest = JSONValue.object(
            JSONObject([("config", .object(config)), ("layers", .array([.object(cutLayer)]))]))
        try fixture.finish("l", [try fixture.blob(manifest.encoded(), ImageFixture.manifestType, in: "l")])
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/l") }
        #expect(error.description.contains("cannot be read"), "\(error)")
        #expect(fixture.leftovers() == [])
    }

    @Test("a layer whose content is another than the configuration promises is refused")
    func otherContent() throws {
        let fixture = try ImageFixture()
        let layer = try fixture.blob(try fixture.pack(TarEntry.archive([.file("evil")]), .gzip), "x", in: "l")
        let promised = ImageFixture.configuration(layers: [TarEntry.archive([.file("good")])])
        let config = try fixture.blob(promised, "x", in: "l")
        let manifest = JSONValue.object(
            JSONObject([("config", .object(config)), ("layers", .array([.object(layer)]))]))
        try fixture.finish("l", [try fixture.blob(manifest.encoded(), ImageFixture.manifestType, in: "l")])
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/l") }
        guard case .digest = error.reason else { throw error }
        #expect(fixture.leftovers() == [])
    }

    @Test("what is missing is named")
    func missing() throws {
        let first = try Parts()
        for path in [
            first.manifestPath, first.manifest.configuration.path, try #require(first.manifest.layers.first).path,
        ] {
            let parts = try Parts()
            try FileManager.default.removeItem(atPath: "\(parts.fixture.root)/layout/\(path)")
            try parts.expectRefused("it is not there", naming: path)
        }
    }

    @Test("an index that leads to itself, and one that is too deep, are refused")
    func cycles() throws {
        let fixture = try ImageFixture()
        // A cycle of digests cannot be made: what stands under the name has another digest.
        let zeros = String(repeating: "0", count: 64)
        let itself = JSONObject([
            ("mediaType", .string(ImageFixture.indexType)), ("digest", .string("sha256:\(zeros)")),
            ("size", .integer(1)),
        ])
        let index = ImageFixture.index([itself])
        var sized = itself
        sized["size"] = .integer(Int64(index.count))
        try fixture.write(ImageFixture.index([sized]), to: "l/blobs/sha256/\(zeros)")
        try fixture.finish("l", [sized])
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/l") }
        #expect(error.description.contains(zeros), "\(error)")

        var inner = try fixture.image([TarEntry.archive([.file("a")])], in: "deep")
        for _ in 0..<5 { inner = try fixture.blob(ImageFixture.index([inner]), ImageFixture.indexType, in: "deep") }
        try fixture.finish("deep", [inner])
        let deep = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/deep") }
        #expect(deep.description.contains("indexes within indexes"), "\(deep)")
    }

    @Test("a thousand references to one index do not take for ever")
    func fanOut() throws {
        let fixture = try ImageFixture()
        var inner = try fixture.blob(Array(#"{"manifests": []}"#.utf8), ImageFixture.indexType, in: "l")
        for _ in 0..<2 {
            let many = ImageFixture.index(Array(repeating: inner, count: 400))
            inner = try fixture.blob(many, ImageFixture.indexType, in: "l")
        }
        try fixture.finish("l", [inner])
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/l") }
        #expect(error.description.contains("more than 1000 manifests"), "\(error)")
    }

    @Test("what is no image at all is said to be none")
    func others() throws {
        let fixture = try ImageFixture()
        try fixture.write(Array("hello".utf8), to: "text")
        try fixture.write([], to: "nothing")
        try fixture.write(TarEntry.archive([.file("a", "b")]), to: "other.tar")
        try fixture.shell("mkdir directory")
        for name in ["text", "nothing", "other.tar", "directory"] {
            let error = try #require(throws: ImageError.self) {
                _ = try fixture.store.load(from: "\(fixture.root)/\(name)")
            }
            guard case .notAnImage = error.reason else { throw error }
            #expect(error.subject == "\(fixture.root)/\(name)")
        }
        let absent = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "/no/such/image") }
        #expect(absent.reason == .missing)
    }
}
