import Foundation
import Testing

@Suite struct FileShapeTests {
    @Test("a source file has at most 400 lines: beyond that, which is its second concept?")
    func filesAreShort() throws {
        for file in try Repository.swiftFiles(in: ["Sources", "plugins"]) {
            #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count - 1) lines")
        }
    }

    @Test("every Swift file is formatted and clean under swift-format's rules")
    func formatted() throws {
        #expect(throws: Never.self) {
            _ = try Repository.output(of: [
                "swift", "format", "lint", "--strict", "--parallel", "--recursive", "Package.swift", "Sources",
                "plugins",
                "Tests", "Fuzz",
            ])
        }
    }

    /// What a person or CI starts; the files below scripts/lib are theirs.
    static let scripts =
        [".ci/run"]
        + Repository.files(in: ["scripts"]).filter { !$0.hasPrefix("scripts/lib/") }

    @Test("a script is short, stops at the first error, and explains itself", arguments: scripts)
    func scriptsAreTidy(_ path: String) throws {
        let text = try Repository.text(path)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 61, "\(path) has \(lines.count - 1) lines")
        #expect(lines.first == "#!/usr/bin/env bash")
        #expect(lines.contains("set -euo pipefail"))
        #expect(FileManager.default.isExecutableFile(atPath: "\(Repository.root)/\(path)"))
        let help = String(decoding: try Repository.output(of: ["\(Repository.root)/\(path)", "--help"]), as: UTF8.self)
        #expect(help.hasPrefix("usage: \(path)"))
        #expect(help.split(separator: "\n").count >= 2, "\(path) --help says nothing")
    }
}
