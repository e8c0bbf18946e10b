import Foundation
import JSON
import TestSupport

@testable import ContainerImages

/// A directory of one test: images in the making, and a store.
final class ImageFixture: Sendable {
    let root: String

    init() throws {
        // On the machine's disk, where overlayfs can have its layers.
        // Short: podman takes no long path for its own.
        root = "/var/tmp/hwi-\(String(UInt64.random(in: 0...(.max)), radix: 36))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var store: ImageStore { ImageStore(stateDirectory: "\(root)/state") }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(filePath: "\(root)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    func list(_ name: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(name)")) ?? []).sorted()
    }

    @discardableResult
    func shell(_ script: String) throws -> String {
        try Command("/bin/sh", ["-ec", "cd \(root); \(script)"]).run().orThrow().text
    }

    /// The extended attributes of files below a directory, each a line "PATH NAME HEX".
    func attributes(below directory: String) throws -> String {
        try shell(
            """
            cd \(directory); find . ! -type l | sort | python3 -c '
            import os, sys
            for path in sys.stdin.read().splitlines():
                for name in sorted(os.listxattr(path)): print(path, name, os.getxattr(path, name).hex())'
            """)
    }

    /// Everything the store has besides its locks and empty list.
    func leftovers() -> [String] {
        ["layers", "configs", "tmp", "uses"].flatMap { name in list("state/images/\(name)").map { "\(name)/\($0)" } }
    }

    /// Puts a blob into a layout, under the digest that it has, and answers its descriptor.
    func blob(_ bytes: [UInt8], _ mediaType: String, in layout: String) throws -> JSONObject {
        let digest = ImageDigest(of: bytes)
        try write(bytes, to: "\(layout)/blobs/sha256/\(digest.hex)")
        return JSONObject([
            ("mediaType", .string(mediaType)), ("digest", .string(digest.description)),
            ("size", .integer(Int64(bytes.count))),
        ])
    }

    /// How a layer is stored.
    enum Packing: String, CaseIterable {
        case plain, gzip, zstd
    }

    func pack(_ archive: [UInt8], _ packing: Packing) throws -> [UInt8] {
        guard packing != .plain else { return archive }
        return try Command(packing.rawValue, ["-c"], input: archive).run().orThrow().output
    }

    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let indexType = "application/vnd.oci.image.index.v1+json"

    static func configuration(
        layers: [[UInt8]], settings: JSONObject = JSONObject(), architecture: String = Platform.current.architecture
    ) -> [UInt8] {
        JSONValue.object(
            JSONObject([
                ("architecture", .string(architecture)), ("os", .string("linux")), ("config", .object(settings)),
                (
                    "rootfs",
                    .object(
                        JSONObject([
                            ("type", .string("layers")),
                            ("diff_ids", .array(layers.map { .string(ImageDigest(of: $0).description) })),
                        ]))
                ),
            ])
        ).encoded()
    }

    /// Puts an image's blobs into a layout, and answers the descriptor of its manifest.
    func image(
        _ layers: [[UInt8]], settings: JSONObject = JSONObject(), packing: Packing = .gzip,
        architecture: String = Platform.current.architecture, in layout: String
    ) throws -> JSONObject {
        let configuration = Self.configuration(layers: layers, settings: settings, architecture: architecture)
        let config = try blob(configuration, "application/vnd.oci.image.config.v1+json", in: layout)
        let descriptors = try layers.map { layer in
            try blob(try pack(layer, packing), "application/vnd.oci.image.layer.v1.tar", in: layout)
        }
        let manifest = JSONValue.object(
            JSONObject([
                ("schemaVersion", .integer(2)), ("config", .object(config)),
                ("layers", .array(descriptors.map { .object($0) })),
            ]))
        return try blob(manifest.encoded(), Self.manifestType, in: layout)
    }

    static func index(_ manifests: [JSONObject]) -> [UInt8] {
        JSONValue.object(
            JSONObject([("schemaVersion", .integer(2)), ("manifests", .array(manifests.map { .object($0) }))])
        ).encoded()
    }

    /// Finishes a layout.
    func finish(_ layout: String, _ manifests: [JSONObject]) throws {
        try write(Array(#"{"imageLayoutVersion": "1.0.0"}"#.utf8), to: "\(layout)/oci-layout")
        try write(Self.index(manifests), to: "\(layout)/index.json")
    }

    /// A layout with one image, and its path.
    func layout(
        _ layers: [[TarEntry]], settings: JSONObject = JSONObject(), packing: Packing = .gzip, name: String? = "test:1",
        at layout: String = "layout"
    ) throws -> String {
        let manifest = try image(layers.map(TarEntry.archive), settings: settings, packing: packing, in: layout)
        try finish(layout, [Self.named(manifest, name)])
        return "\(root)/\(layout)"
    }

    static func named(_ descriptor: JSONObject, _ name: String?) -> JSONObject {
        var descriptor = descriptor
        if let name {
            descriptor["annotations"] = .object(JSONObject([("org.opencontainers.image.ref.name", .string(name))]))
        }
        return descriptor
    }

    static func `for`(_ descriptor: JSONObject, _ architecture: String) -> JSONObject {
        var descriptor = descriptor
        descriptor["platform"] = .object(
            JSONObject([("os", .string("linux")), ("architecture", .string(architecture))]))
        return descriptor
    }
}
