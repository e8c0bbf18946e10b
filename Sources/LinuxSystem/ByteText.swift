// Texts taken apart and compared by their bytes: splitting by characters and Unicode's case mapping would bring tables
// into every plugin, and names of the kernel and of CNI are bytes.

/// The parts of a text between separators, empty ones included.
@inline(never)
public func splitText(_ text: String, _ separator: UInt8) -> [String] {
    var parts: [String] = []
    var part: [UInt8] = []
    for byte in text.utf8 {
        if byte == separator {
            parts.append(String(decoding: part, as: UTF8.self))
            part = []
        } else {
            part.append(byte)
        }
    }
    parts.append(String(decoding: part, as: UTF8.self))
    return parts
}

/// Whether a text begins with another.
@inline(never)
public func hasPrefix(_ text: String, _ prefix: String) -> Bool {
    let (bytes, start) = (Array(text.utf8), Array(prefix.utf8))
    guard bytes.count >= start.count else { return false }
    for index in start.indices where bytes[index] != start[index] { return false }
    return true
}

/// Whether a text ends with another.
@inline(never)
public func hasSuffix(_ text: String, _ suffix: String) -> Bool {
    let (bytes, end) = (Array(text.utf8), Array(suffix.utf8))
    let offset = bytes.count - end.count
    guard offset >= 0 else { return false }
    for index in end.indices where bytes[offset + index] != end[index] { return false }
    return true
}

/// Whether two texts differ at most in the case of ASCII letters.
@inline(never)
public func isEqualIgnoringCase(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    let (first, second) = (Array(left.utf8), Array(right.utf8))
    for index in first.indices where lowercased(first[index]) != lowercased(second[index]) { return false }
    return true
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
