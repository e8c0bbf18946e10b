import Testing

@Suite struct BanListTests {
    @Test("no file holds what the ban list names", arguments: Ban.list)
    func nothingBanned(_ ban: Ban) throws {
        let pattern = try Regex(ban.pattern)
        let files = try Repository.swiftFiles(in: ban.folders)
        #expect(!files.isEmpty, "\(ban.folders) hold no Swift file: the ban guards nothing")
        for file in files where !ban.except.contains(file.path) {
            let lines = (ban.inText ? file.text : file.code).split(separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() where line.contains(pattern) {
                Issue.record(
                    "\(file.path):\(number + 1): \(ban.name): \(file.lines[number].trimmingPrefix(/\s+/)); write \(ban.instead)"
                )
            }
        }
    }

    @Test("each ban catches its example and lets the innocent pass", arguments: Ban.list)
    func bansWork(_ ban: Ban) throws {
        let pattern = try Regex(ban.pattern)
        let code = { (text: String) in ban.inText ? text : SwiftFile(path: "", text: text).code }
        #expect(code(ban.example).contains(pattern))
        #expect(!code(ban.innocent).contains(pattern))
    }

    @Test("comments and strings are not code, interpolations are")
    func blanking() {
        let file = SwiftFile(
            path: "", text: #"a("b! \(c!) \"d") // e!"# + "\n/* f! */ g(#\"h!\"#) \"\"\"\n i!\n\"\"\" j!")
        let code = String(file.code.filter { $0 != " " })
        #expect(code == "a(\"\\(c!)\")\ng(#\"\"#)\"\"\"\n\n\"\"\"j!")
    }

    @Test("no file names a directory of one machine")
    func noMachinePaths() throws {
        let folders = ["Sources", "plugins", "Tests", "scripts", "docs", "conf", "Fuzz"]
        let tops = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Package.swift"]
        let pattern = try Regex("(^|[^A-Za-z0-9_.$}])/(home|work|farm|Users)/[A-Za-z]")
        for path in Repository.files(in: folders) + tops where Repository.exists(path) {
            guard let text = try? Repository.text(path) else { continue }  // a corpus need not be UTF-8
            if path.hasPrefix("Fuzz/corpus/") { continue }
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            where line.contains(pattern) {
                Issue.record("\(path):\(number + 1): \(line)")
            }
        }
    }
}
