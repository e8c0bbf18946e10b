/// The small texts of control group files: words, numbers, "key value" lines.
enum KernelText {
    static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    static func isEqual(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool { bytes.elementsEqual(text.utf8) }

    /// The words between blanks and line ends.
    static func words(_ bytes: [UInt8]) -> [String] { split(bytes[...]).map { string($0) } }

    static func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }
    }

    /// Each line's words.
    static func table(_ bytes: [UInt8]) -> [[String]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in split(line).map { string($0) } }
    }

    /// The number behind a key in lines of "key number".
    static func value(of key: String, in bytes: [UInt8]) -> Int64? {
        for line in table(bytes) where line.count == 2 && line[0] == key { return number(line[1]) }
        return nil
    }

    /// A number; those past 64 bits are the largest.
    static func number(_ text: String) -> Int64? {
        if let value = Int64(text) { return value }
        guard !text.isEmpty else { return nil }
        for byte in text.utf8 where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { return nil }
        return .max
    }

    /// The kernel writes a blank in a path as \040.
    static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(string(rest.prefix(3)), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return string(bytes[...])
    }
}
