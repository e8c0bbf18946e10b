import Foundation
import TestSupport
import Testing

@testable import ContainerImages

/// What an archive becomes.
@Suite(.needsKernel) struct LayerTests {
    /// Loads one layer, and answers the directory it became.
    func unpack(_ fixture: ImageFixture, _ entries: [TarEntry], _ packing: ImageFixture.Packing = .gzip) throws
        -> String
    {
        let path = try fixture.layout([entries], packing: packing)
        return try #require(try fixture.store.load(from: path).first?.layerDirectories.first)
    }

    @Test("owners, modes, times, links, devices and attributes are kept", arguments: ImageFixture.Packing.allCases)
    func everythingIsKept(_ packing: ImageFixture.Packing) throws {
        let fixture = try ImageFixture()
        // struct vfs_cap_data, version 2, effective: cap_net_raw.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        var program = TarEntry.file("bin/ping", "program", mode: 0o4755)
        program.records = [
            ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.note", Array("a b".utf8)),
            ("uid", Array("100000".utf8)), ("mtime", Array("1000000000.25".utf8)),
        ]
        program.group = 7
        let layer = try unpack(
            fixture,
            [
                .directory("./", mode: 0o755), .directory("bin", mode: 0o750), program,
                .hardLink("bin/second", to: "bin/ping"), .link("lib", to: "usr/lib"), .link("abs", to: "/etc/passwd"),
                TarEntry(name: "null", type: "3", mode: 0o666, device: (1, 3)),
                TarEntry(name: "disk", type: "4", mode: 0o660, group: 6, device: (7, 300)),
                TarEntry(name: "pipe", type: "6", mode: 0o600), .directory("empty", mode: 0o1777),
                .file("implied/by/name", "x"), .file("großes/Ü", "utf-8"),
            ], packing)
        let listing = try fixture.shell("cd \(layer); find . -mindepth 1 -printf '%p %y %m %U:%G %n %T@ %l\\n' | sort")
        let when = "1000000000.0000000000"
        let expected = [
            "./abs l 777 0:0 1 \(when) /etc/passwd", "./bin d 750 0:0 2 \(when) ",
            "./bin/ping f 4755 100000:7 2 1000000000.2500000000 ",
            "./bin/second f 4755 100000:7 2 1000000000.2500000000 ",
            "./disk b 660 0:6 1 \(when) ", "./empty d 1777 0:0 2 \(when) ", "./großes/Ü f 644 0:0 1 \(when) ",
            "./implied/by/name f 644 0:0 1 \(when) ", "./lib l 777 0:0 1 \(when) usr/lib",
            "./null c 666 0:0 1 \(when) ", "./pipe p 600 0:0 1 \(when) ",
        ]
        let implied = ["./großes", "./implied", "./implied/by"]
        let lines = listing.split(separator: "\n").map(String.init).filter { line in
            !implied.contains { line.hasPrefix("\($0) ") }
        }
        #expect(lines == expected)
        #expect(
            try fixture.shell("cd \(layer); stat -c '%a %u' implied/by; stat -c '%t,%T' null disk")
                == "755 0\n1,3\n7,12c\n")
        let hex = capability.map { String(format: "%02x", $0) }.joined()
        let attributes = ["bin/ping", "bin/second"].map {
            "./\($0) security.capability \(hex)\n./\($0) user.note 612062\n"
        }
        #expect(try fixture.attributes(below: layer) == attributes.joined())
    }

    @Test("whiteouts and opaque directories become those of overlayfs, whatever their order")
    func whiteouts() throws {
        let fixture = try ImageFixture()
        let layer = try unpack(
            fixture,
            [
                .file("etc/.wh.gone"), .file("opaque/new", "n"), .file("opaque/.wh..wh..opq"),
                .file("before/.wh..wh..opq"), .file("before/new", "n"), .file(".wh..wh.plnk/1"),
                .file("both", "kept"), .file(".wh.both"), .file(".wh.later"), .file("later", "kept"),
                .file(".wh.dir"), .file("dir/inside", "i"), .file("tree/inside", "i"), .file(".wh.tree"),
            ])
        let listing = try fixture.shell("cd \(layer); find . -mindepth 1 -printf '%p %y\\n' | sort")
        let expected = """
            ./before d
            ./before/new f
            ./both f
            ./dir d
            ./dir/inside f
            ./etc d
            ./etc/gone c
            ./later f
            ./opaque d
            ./opaque/new f
            ./tree d
            ./tree/inside f

            """
        #expect(listing == expected)
        #expect(try fixture.shell("cd \(layer); stat -c '%t,%T' etc/gone") == "0,0\n")
        let opaque = ["before", "dir", "opaque", "tree"].map { "./\($0) trusted.overlay.opaque 79\n" }
        #expect(try fixture.attributes(below: layer) == opaque.joined())
    }

    @Test("a whiteout that comes before its own directory's files hides only what is below")
    func stackedByTheKernel() throws {
        let fixture = try ImageFixture()
        let path = try fixture.layout([
            [
                .file("etc/gone", "1"), .file("etc/kept", "1"), .file("dir/old", "1"), .file("opq/old", "1"),
                .file("x", "1"),
            ],
            [
                .file("etc/.wh.gone"), .file(".wh.dir"), .file("dir/new", "2"), .file("opq/.wh..wh..opq"),
                .file("x", "2"),
            ],
        ])
        let image = try #require(try fixture.store.load(from: path).first)
        let lower = image.layerDirectories.reversed().joined(separator: ":")
        let script = """
            mkdir m; unshare -m sh -ec 'mount -t overlay -o ro,lowerdir=\(lower) none m; cd m; find . -type f | sort; cat x'
            """
        #expect(try fixture.shell(script) == "./dir/new\n./etc/kept\n./x\n2")
    }

    @Test("the later of two entries of one name counts, whatever the two are")
    func duplicates() throws {
        let fixture = try ImageFixture()
        let layer = try unpack(
            fixture,
            [
                .file("a", "1"), .file("a", "second"), .directory("b"), .file("b/c", "1"), .file("b", "file"),
                .file("d", "file"), .directory("d"), .file("d/e", "e"), .link("f", to: "a"),
                .file("f", "not through it"),
                .directory("g", mode: 0o700), .file("g/h", "h"), .directory("g", mode: 0o711),
                .file("i", "i"), .hardLink("i", to: "i"), .hardLink("j", to: "./i"), .hardLink("j", to: "/a"),
            ])
        let listing = try fixture.shell("cd \(layer); find . -type f | sort | xargs grep -H ''; stat -c %a g")
        let expected = """
            ./a:second
            ./b:file
            ./d/e:e
            ./f:not through it
            ./g/h:h
            ./i:i
            ./j:second
            711

            """
        #expect(listing == expected)
    }

    @Test("a sparse file keeps its length and its holes; names may be long")
    func sparse() throws {
        let fixture = try ImageFixture()
        let long = (0..<20).map { _ in String(repeating: "d", count: 100) }.joined(separator: "/") + "/file"
        try fixture.shell(
            """
            mkdir in; truncate -s 64M in/sparse; printf end >> in/sparse; mkdir -p in/$(dirname \(long)); echo x > in/\(long)
            tar -C in -S --format=pax -cf pax.tar .; tar -C in -S --format=gnu -cf gnu.tar .
            """)
        for format in ["pax", "gnu"] {
            let archive = try fixture.read("\(fixture.root)/\(format).tar")
            #expect(archive.count < 1 << 20)
            let layout = "layout-\(format)"
            try fixture.finish(layout, [try fixture.image([archive], in: layout)])
            let image = try #require(try fixture.store.load(from: "\(fixture.root)/\(layout)").first)
            let layer = try #require(image.layerDirectories.first)
            #expect(try fixture.shell("cmp \(layer)/sparse in/sparse; stat -c %s \(layer)/sparse") == "67108867\n")
            let blocks = try fixture.shell("stat -c %b \(layer)/sparse").split(separator: "\n").first.flatMap {
                Int($0)
            }
            #expect((blocks ?? .max) < 1000)
            #expect(try fixture.shell("cat \(layer)/\(long)") == "x\n")
        }
    }
}
