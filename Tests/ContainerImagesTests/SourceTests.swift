import Foundation
import JSON
import TestSupport
import Testing

@testable import ContainerImages

/// Where images come from.
@Suite(.needsKernel) struct SourceTests {
    /// The content of the file "who" of an image's only layer.
    func who(_ fixture: ImageFixture, _ image: Image) throws -> String {
        let layer = try #require(image.layerDirectories.first)
        return String(decoding: try fixture.read("\(layer)/who"), as: UTF8.self)
    }

    static func layer(_ who: String) -> [UInt8] { TarEntry.archive([.file("who", who)]) }

    @Test(
        "a layout's directory, its tar file, and that compressed, give the same image", arguments: ["", "gzip", "zstd"])
    func forms(_ program: String) throws {
        let fixture = try ImageFixture()
        let settings = JSONObject([("Cmd", .array([.string("sh")]))])
        let path = try fixture.layout(
            [[.file("a", "1")], [.file("b", "2")]], settings: settings, name: "docker.io/library/test:1")
        let packing = program.isEmpty ? "cat" : program
        try fixture.shell("tar -C layout -cf - . | \(packing) > image.tar")
        let first = try #require(try fixture.store.load(from: path).first)
        let before = fixture.leftovers()
        let second = try #require(try fixture.store.load(from: "\(fixture.root)/image.tar").first)
        #expect(first.id == second.id && first.names == ["test:1"] && first.layerDirectories == second.layerDirectories)
        #expect(first.configuration.command == ["sh"])
        #expect(fixture.leftovers() == before, "nothing is unpacked twice")
        #expect(first.size == 2)
    }

    @Test("standard input is a source")
    func standardInput() throws {
        let fixture = try ImageFixture()
        _ = try fixture.layout([[.file("a", "1")]])
        let hawser = "\(PluginDirectory.repository)/.build/debug/hawser"
        let text = try fixture.shell(
            "tar -C layout -cf - . | \(hawser) image load --state-dir \(fixture.root)/state -; \(hawser) image ls -q --state-dir \(fixture.root)/state"
        )
        let image = try #require(try fixture.store.images().first)
        #expect(text == "\(image.id) test:1\n\(image.id.short)\n")
    }

    @Test("docker save's form, with layers by path, by link, and by blob")
    func dockerSave() throws {
        let fixture = try ImageFixture()
        let layers = [Self.layer("low"), Self.layer("high")]
        let configuration = ImageFixture.configuration(layers: layers)
        let id = ImageDigest(of: configuration)
        func list(_ configuration: String, _ paths: [String]) -> [UInt8] {
            JSONValue.array([
                .object(
                    JSONObject([
                        ("Config", .string(configuration)),
                        ("RepoTags", .array([.string("saved:2"), .string("bare")])),
                        ("Layers", .array(paths.map { .string($0) })),
                    ]))
            ]).encoded()
        }
        func entry(_ name: String, _ bytes: [UInt8]) -> TarEntry { TarEntry(name: name, content: bytes) }
        let digests = layers.map { ImageDigest(of: $0).hex }
        let blobs = digests.map { "blobs/sha256/\($0)" }
        let forms: [(String, [TarEntry])] = [
            (
                "one directory a layer, the second by a link",
                [
                    entry("\(id.hex).json", configuration), .directory("a"), entry("a/VERSION", [0x31]),
                    entry("a/layer.tar", layers[0]), .directory("b"), .link("b/layer.tar", to: "../c.tar"),
                    entry("c.tar", layers[1]),
                    entry("manifest.json", list("\(id.hex).json", ["a/layer.tar", "b/layer.tar"])),
                ]
            ),
            (
                "blobs, compressed",
                [
                    entry("manifest.json", list("blobs/sha256/\(id.hex)", blobs)),
                    entry("blobs/sha256/\(id.hex)", configuration), entry(blobs[0], layers[0]),
                    entry(blobs[1], layers[1]),
                ]
            ),
            (
                "a layer that is compressed though its name does not say so",
                [
                    entry("./manifest.json", list("\(id.hex).json", ["1/layer.tar", "2/layer.tar"])),
                    entry("./\(id.hex).json", configuration),
                    entry("./1/layer.tar", try fixture.pack(layers[0], .gzip)),
                    .hardLink("./2/layer.tar", to: "3"), entry("3", layers[1]),
                ]
            ),
        ]
        for (number, (what, entries)) in forms.enumerated() {
            try fixture.write(TarEntry.archive(entries), to: "saved\(number).tar")
            var store = ImageStore(stateDirectory: "\(fixture.root)/state\(number)")
            let image = try #require(try store.load(from: "\(fixture.root)/saved\(number).tar").first, "\(what)")
            #expect(image.id == id && image.names == ["saved:2", "bare:latest"])
            #expect(image.layerDirectories.count == 2)
            #expect(try who(fixture, image) == "low")
            store.limits.layers = 1
        }
        // A configuration that is not what its name says.
        let wrong = [
            entry("manifest.json", list("\(digests[0]).json", ["l"])), entry("\(digests[0]).json", configuration),
        ]
        try fixture.write(TarEntry.archive(wrong), to: "wrong.tar")
        let error = try #require(throws: ImageError.self) {
            _ = try fixture.store.load(from: "\(fixture.root)/wrong.tar")
        }
        guard case .digest = error.reason else { throw error }
    }

    @Test("docker save's paths and links do not leave the archive")
    func hostileArchive() throws {
        let fixture = try ImageFixture()
        let list = #"[{"Config": "NAME", "Layers": []}]"#
        for (name, link) in [("../../etc/passwd", ""), ("config", "../../../../etc/passwd"), ("a", "b")] {
            var entries = [TarEntry.file("manifest.json", list.replacing("NAME", with: name))]
            if !link.isEmpty { entries += [.link(name, to: link), .link("b", to: "a")] }
            try fixture.write(TarEntry.archive(entries), to: "h.tar")
            let error = try #require(throws: ImageError.self) {
                _ = try fixture.store.load(from: "\(fixture.root)/h.tar")
            }
            #expect(!error.description.contains("root:"), "\(error)")
        }
        try fixture.shell(
            "mkdir d; printf '\(list.replacing("NAME", with: "link"))' > d/manifest.json; ln -s /etc/passwd d/link")
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/d") }
        #expect(error.reason == .missing, "\(error)")
    }

    @Test("of several platforms this machine's is taken, through indexes as well")
    func platforms() throws {
        let fixture = try ImageFixture()
        let own = Platform.current.architecture
        func image(_ architecture: String) throws -> JSONObject {
            ImageFixture.for(
                try fixture.image([Self.layer(architecture)], architecture: architecture, in: "l"), architecture)
        }
        var attestation = ImageFixture.for(try fixture.image([Self.layer("unknown")], in: "l"), "unknown")
        attestation["platform"] = .object(
            JSONObject([("os", .string("unknown")), ("architecture", .string("unknown"))]))
        let many = [try image("mips64"), attestation, try image(own), try image("sparc")]
        try fixture.finish("l", many)
        let direct = try fixture.store.load(from: "\(fixture.root)/l")
        #expect(direct.count == 1)
        #expect(try who(fixture, try #require(direct.first)) == own)
        let nested = try fixture.blob(ImageFixture.index(many), ImageFixture.indexType, in: "l")
        try fixture.finish("l", [ImageFixture.named(nested, "nested:1")])
        let inner = try #require(try fixture.store.load(from: "\(fixture.root)/l").first)
        #expect(inner.names == ["nested:1"])
        try fixture.finish("l", [try image("mips64"), try image("sparc")])
        let error = try #require(throws: ImageError.self) { _ = try fixture.store.load(from: "\(fixture.root)/l") }
        #expect(error.reason == .noPlatform(wanted: .current, available: ["linux/mips64", "linux/sparc"]))
    }

    @Test("several images in one layout: all, or the one that a tag or a name means")
    func tags() throws {
        let fixture = try ImageFixture()
        let names = ["app:1", "registry.example:5000/team/app:2", "3"]
        let manifests = try names.map { name in
            ImageFixture.named(try fixture.image([Self.layer(name)], in: "l"), name)
        }
        try fixture.finish("l", manifests)
        let path = "\(fixture.root)/l"
        for (text, expected) in [
            ("1", "app:1"), ("app:1", "app:1"), ("2", names[1]), (names[1], names[1]), ("3", "3"),
        ] {
            let image = try fixture.store.image(for: "\(path):\(text)")
            #expect(try who(fixture, image) == expected)
        }
        #expect(try fixture.store.load(from: path).count == 3)
        let several = try #require(throws: ImageError.self) { _ = try fixture.store.image(for: path) }
        #expect(several.reason == .ambiguous(names))
        let none = try #require(throws: ImageError.self) { _ = try fixture.store.image(for: "\(path):9") }
        #expect(none.description.contains("no image \"9\"; it has app:1, "), "\(none)")
        #expect(try fixture.store.image(for: "app:1").names == ["app:1"])
        #expect(try fixture.store.find("registry.example:5000/team/app:2") != nil)
        // A tag alone names nothing here.
        #expect(try fixture.store.images().map(\.names).filter(\.isEmpty).count == 1)
    }

    @Test("a layer that an image has twice is stacked once, where it is on top")
    func repeatedLayers() throws {
        let fixture = try ImageFixture()
        let empty = TarEntry.archive([])
        let manifest = try fixture.image([empty, Self.layer("a"), empty, Self.layer("b"), empty], in: "l")
        try fixture.finish("l", [manifest])
        let image = try #require(try fixture.store.load(from: "\(fixture.root)/l").first)
        #expect(image.configuration.layers.count == 5 && image.layerDirectories.count == 3)
        #expect(try who(fixture, image) == "a")
        #expect(image.layerDirectories.last?.hasSuffix(ImageDigest(of: empty).hex) == true)
    }
}
