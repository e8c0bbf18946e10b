/// One Swift source: its path, its text, and its text with comments and the insides of string literals blanked.
struct SwiftFile {
    let path: String
    let text: String
    /// Same lines as `text`; comments are blank and string literals are empty, interpolations kept.
    let code: String

    init(path: String) throws {
        try self.init(path: path, text: Repository.text(path))
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var blanker = Blanker(bytes: Array(text.utf8))
        code = blanker.blanked()
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The modules named by `import` declarations.
    var imports: [String] {
        code.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({
                    ["public", "internal", "private", "fileprivate", "package"].contains($0) || $0.hasPrefix("@")
                })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let module =
                kinds.contains(words[place + 1]) && place + 2 < words.count ? words[place + 2] : words[place + 1]
            return String(module.prefix { $0 != "." })
        }
    }
}

/// Walks Swift source and replaces by blanks what is not code.
private struct Blanker {
    let bytes: [UInt8]
    var position = 0
    var result: [UInt8] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func blanked() -> String {
        code(until: nil)
        return String(decoding: result, as: UTF8.self)
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { unsafe bytes[position...].starts(with: $0) }
    }

    private mutating func keep(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            result.append(bytes[position])
            position += 1
        }
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            result.append(bytes[position] == 0x0A ? 0x0A : 0x20)
            position += 1
        }
    }

    /// Code up to the parenthesis that ends an interpolation, or to the end.
    private mutating func code(until closing: UInt8?) {
        var depth = 0
        while position < bytes.count {
            if starts("//") {
                while position < bytes.count, bytes[position] != 0x0A { blank() }
            } else if starts("/*") {
                while position < bytes.count, !starts("*/") { blank() }
                blank(2)
            } else if starts("#\"") || starts("##\"") {
                rawString()
            } else if starts("\"\"\"") {
                string(quotes: 3)
            } else if bytes[position] == UInt8(ascii: "\"") {
                string(quotes: 1)
            } else {
                if closing != nil, bytes[position] == UInt8(ascii: "(") { depth += 1 }
                if bytes[position] == closing {
                    if depth == 0 { return }
                    depth -= 1
                }
                keep()
            }
        }
    }

    private mutating func string(quotes: Int) {
        keep(quotes)
        while position < bytes.count {
            if starts("\\(") {
                keep(2)
                code(until: UInt8(ascii: ")"))
                keep()
            } else if bytes[position] == UInt8(ascii: "\\") {
                blank(2)
            } else if quotes == 3 ? starts("\"\"\"") : bytes[position] == UInt8(ascii: "\"") {
                keep(quotes)
                return
            } else {
                blank()
            }
        }
    }

    private mutating func rawString() {
        var hashes = 0
        while position < bytes.count, bytes[position] == UInt8(ascii: "#") {
            hashes += 1
            keep()
        }
        keep()
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\""),
                bytes[(position + 1)...].prefix(hashes).elementsEqual(repeatElement(UInt8(ascii: "#"), count: hashes))
            {
                keep(1 + hashes)
                return
            }
            blank()
        }
    }
}
