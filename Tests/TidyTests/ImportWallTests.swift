import Testing

/// Each C library and each part of the system has one door.
@Suite struct ImportWallTests {
    /// A module and the only targets that may import it.
    struct Wall: Sendable, CustomTestStringConvertible {
        let module: String
        let importers: Set<String>
        let reason: String
        var testDescription: String { module }
    }

    static let walls = [
        Wall(module: "CLibmnl", importers: ["Netlink"], reason: "message framing has one place"),
        Wall(module: "CLibnftnl", importers: ["Nftables"], reason: "nf_tables has one place"),
        Wall(module: "CLibseccomp", importers: ["Seccomp"], reason: "system call filters have one place"),
        Wall(
            module: "CLinux", importers: ["LinuxSystem"], reason: "libc's functions have one place, with typed errors"),
        Wall(module: "CLibarchive", importers: ["ContainerImages"], reason: "archives have one reader"),
        Wall(module: "CNettle", importers: ["ContainerImages"], reason: "long digests are taken in one place"),
        Wall(module: "ArgumentParser", importers: ["hawser"], reason: "only the command line tool parses arguments"),
        Wall(module: "Glibc", importers: [], reason: "use LinuxSystem; Embedded Swift has no Glibc module"),
        Wall(module: "Darwin", importers: [], reason: "this is a suite for Linux"),
    ]

    /// The folders of Sources/ and plugins/, by the module's name: what may be imported is decided for each.
    static func modules() throws -> [(name: String, files: [SwiftFile])] {
        try Manifest.read().targets.filter { $0.isShipped }
            .map { ($0.name, try Repository.swiftFiles(in: [$0.folder])) }
    }

    @Test("only its one door imports", arguments: walls)
    func oneDoor(_ wall: Wall) throws {
        var importers: Set<String> = []
        for module in try Self.modules() where module.files.contains(where: { $0.imports.contains(wall.module) }) {
            importers.insert(module.name)
        }
        #expect(importers.subtracting(wall.importers).isEmpty, "\(wall.module): \(wall.reason)")
    }

    /// What the shipped plugins are made of: everything a plugin reaches.
    static func pluginSide() throws -> Set<String> {
        let targets = try Manifest.read().targets
        var reached = Set(targets.filter { $0.folder.hasPrefix("plugins/") }.map(\.name))
        #expect(!reached.isEmpty)
        while true {
            let next = reached.union(targets.filter { reached.contains($0.name) }.flatMap(\.modules))
            if next == reached { return reached }
            reached = next
        }
    }

    @Test("what ships as Embedded Swift imports neither Foundation nor libc nor another package")
    func pluginSideIsBare() throws {
        let side = try Self.pluginSide()
        let banned: Set<String> = [
            "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "ArgumentParser", "Synchronization",
            "_Concurrency",
        ]
        for module in try Self.modules() where side.contains(module.name) {
            for file in module.files {
                let found = banned.intersection(file.imports)
                #expect(found.isEmpty, "\(file.path) imports \(found.sorted())")
            }
        }
        let products = try Manifest.read().targets.filter { side.contains($0.name) }.flatMap(\.products)
        #expect(products.isEmpty, "plugins depend on packages: \(products)")
    }

    @Test("kernel structures are nobody's public face")
    func kernelTypesStayInside() throws {
        for module in try Self.modules() {
            for file in module.files {
                let exposing = file.code.split(separator: "\n").filter {
                    $0.hasPrefix("public import CLinux") || $0.hasPrefix("public import CLib")
                        || $0.hasPrefix("@_exported import C")
                }
                #expect(exposing.isEmpty, "\(file.path): \(exposing)")
            }
        }
    }
}
