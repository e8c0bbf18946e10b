import Foundation

/// What `swift package dump-package` says of the package.
struct Manifest: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]

        /// Where its sources lie, relative to the root.
        var folder: String { path ?? (type == "test" ? "Tests/\(name)" : "Sources/\(name)") }
        /// Whether it is part of the product, and not of its tests.
        var isShipped: Bool { !["Tests/", "Fuzz/"].contains { folder.hasPrefix($0) } }
        /// The modules of this package that it may import.
        var modules: [String] { dependencies.compactMap(\.module) }
        /// The products of other packages that it may import.
        var products: [String] { dependencies.compactMap(\.product) }
    }

    struct Dependency: Decodable {
        var module: String?
        var product: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Kind.self)
            func name(_ kind: Kind) throws -> String? {
                guard container.contains(kind) else { return nil }
                var list = try container.nestedUnkeyedContainer(forKey: kind)
                return try list.decode(String.self)
            }
            module = try name(.byName) ?? name(.target)
            product = try name(.product)
        }

        private enum Kind: String, CodingKey {
            case byName, target, product
        }
    }

    let targets: [Target]

    /// Read with a scratch directory of its own: `swift test` holds the lock of `.build`.
    static func read() throws -> Manifest {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let data = try Repository.output(of: ["swift", "package", "--scratch-path", scratch.path, "dump-package"])
        return try JSONDecoder().decode(Manifest.self, from: data)
    }
}
