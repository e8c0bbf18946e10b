/// One entry of a tar archive as a test wants it, however wrong: pax, POSIX.1-2001.
struct TarEntry {
    var name: String
    var type: Character = "0"
    var mode = 0o644
    var user = 0
    var group = 0
    var time = 1_000_000_000
    var link = ""
    var device = (major: 0, minor: 0)
    var content: [UInt8] = []
    /// What the header says, where it is not the content's.
    var declaredSize: Int?
    /// Records of a pax header before it.
    var records: [(String, [UInt8])] = []

    static func file(_ name: String, _ content: String = "", mode: Int = 0o644) -> TarEntry {
        TarEntry(name: name, mode: mode, content: Array(content.utf8))
    }
    static func directory(_ name: String, mode: Int = 0o755) -> TarEntry {
        TarEntry(name: name, type: "5", mode: mode)
    }
    static func link(_ name: String, to target: String) -> TarEntry { TarEntry(name: name, type: "2", link: target) }
    static func hardLink(_ name: String, to target: String) -> TarEntry {
        TarEntry(name: name, type: "1", link: target)
    }

    /// Header, content, padding.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        if !records.isEmpty {
            let text = records.flatMap { Self.record($0.0, $0.1) }
            result += TarEntry(name: "PaxHeaders/\(name.suffix(80))", type: "x", content: text).bytes
        }
        result += header + content
        return result + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// "LENGTH KEY=VALUE\n", where the length counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [0x0a]
        var length = rest.count + 1
        while "\(length)".utf8.count + rest.count != length { length += 1 }
        return Array("\(length)".utf8) + rest
    }

    /// The 512 bytes of a ustar header: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type, link 100, "ustar".
    private var header: [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, at offset: Int, _ width: Int) {
            for (index, byte) in text.prefix(width).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int, at offset: Int, _ width: Int) {
            let digits = String(value, radix: 8)
            put((String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits).utf8, at: offset, width)
        }
        put(name.utf8, at: 0, 100)
        octal(mode, at: 100, 8)
        octal(user, at: 108, 8)
        octal(group, at: 116, 8)
        octal(declaredSize ?? content.count, at: 124, 12)
        octal(time, at: 136, 12)
        put("        ".utf8, at: 148, 8)
        put(String(type).utf8, at: 156, 1)
        put(link.utf8, at: 157, 100)
        put("ustar\u{0}00".utf8, at: 257, 8)
        octal(device.major, at: 329, 8)
        octal(device.minor, at: 337, 8)
        octal(block.reduce(0) { $0 + Int($1) }, at: 148, 7)
        return block
    }

    /// An archive with its two blocks of zeros at the end.
    static func archive(_ entries: [TarEntry]) -> [UInt8] {
        entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024)
    }
}
