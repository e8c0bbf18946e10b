import Foundation
import Testing

/// The documents say what the code says.
@Suite struct DocumentTests {
    static let documents =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter(Repository.exists)
        + Repository.files(in: ["docs", "plugins"]).filter { $0.hasSuffix(".md") }

    @Test("docs/errors.md lists every error code of the source, by number and name, and no other")
    func errorCodes() throws {
        let source = try Repository.text("Sources/CNI/CNIError.swift")
        let inSource = source.matches(of: /public static let (\w+) = (\d+)/).map { "\($0.2) \($0.1)" }
        #expect(inSource.count >= 10)
        let listed = try Repository.text("docs/errors.md").matches(of: /\| (\d+) \| `(\w+)` \|/).map {
            "\($0.1) \($0.2)"
        }
        #expect(listed == inSource, "docs/errors.md lists the codes in the order of the source")
    }

    @Test("no other code is made up on the way: codes are written by name")
    func codesHaveNames() throws {
        for file in try Repository.swiftFiles(in: ["Sources", "plugins"]) {
            for match in file.code.matches(of: /CNIError\(\s*code: (\d+)/) {
                Issue.record("\(file.path): CNIError(code: \(match.1)): give it a name in CNIError.Code")
            }
        }
    }

    @Test("every entry of CHANGELOG.md has a type")
    func changelog() throws {
        let entries = try Repository.text("CHANGELOG.md").split(separator: "\n").filter { $0.hasPrefix("- ") }
        #expect(!entries.isEmpty)
        for entry in entries {
            #expect(entry.contains(/^- \*\*\[(New|Change|Fix|Security)\]\*\* \S/), "\(entry)")
        }
    }

    @Test("a file that a document points to is there", arguments: documents)
    func references(_ document: String) throws {
        let text = try Repository.text(document)
        let folder =
            document.contains("/") ? String(document[..<(document.lastIndex(of: "/") ?? document.startIndex)]) : "."
        for match in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            #expect(Repository.exists("\(folder)/\(match.1)"), "\(document) links to \(match.1)")
        }
        // A path in a sentence, as docs/errors.md or `scripts/test`.
        for match in text.matches(of: /(^|[\s(`])((?:docs|scripts|conf|plugins|Tests|Sources|Fuzz)\/[\w.\/-]*[\w-])/) {
            #expect(Repository.exists(String(match.2)), "\(document) names \(match.2)")
        }
    }

    /// The keys that a plugin's own sources read from a configuration.
    static func keysRead(by plugin: String) throws -> Set<String> {
        let reader =
            /\.(?:string|bool|integer|choice|address|network|mac|nested|list|stringList|objects|objectLists|value)\(\s*"([A-Za-z0-9_]+)"/
        return Set(
            try Repository.swiftFiles(in: ["plugins/\(plugin)"]).flatMap { file in
                file.text.matches(of: reader).map { String($0.1) }
            })
    }

    static let plugins = Set(Repository.files(in: ["plugins"]).map { String($0.split(separator: "/")[1]) }).sorted()

    @Test("a plugin's README names every key its sources read", arguments: plugins)
    func keysAreDocumented(_ plugin: String) throws {
        let readme = try Repository.text("plugins/\(plugin)/README.md")
        for key in try Self.keysRead(by: plugin).sorted() {
            let words = readme.contains("`\(key)`") || readme.contains(".\(key)`") || readme.contains("`\(key)[")
            #expect(words || readme.contains("\"\(key)\""), "plugins/\(plugin)/README.md does not name \"\(key)\"")
        }
    }

    @Test("a plugin's README names no key that nothing reads", arguments: plugins)
    func documentedKeysExist(_ plugin: String) throws {
        let sources = try Repository.swiftFiles(in: ["Sources", "plugins"]).map(\.text).joined()
        let readme = try Repository.text("plugins/\(plugin)/README.md")
        for row in readme.matches(of: /\n\| `([\w.\/\[\]-]+)` \|/) {
            let key = row.1.split { ".[]".contains($0) }.last.map(String.init) ?? ""
            // A row may also describe a choice, a case of an enumeration.
            let isRead = sources.contains("\"\(key)\"") || sources.contains("case \(key)")
            #expect(isRead, "plugins/\(plugin)/README.md documents \(row.1), which nothing reads")
        }
    }
}
