extension IPAddress: CustomStringConvertible {
    /// The longest text: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
    private static let maximumTextLength = 45

    /// The address that `text` writes in dotted decimal (RFC 6943 3.1.1, strict) or in the forms of RFC 4291 2.2.
    ///
    /// Leading zeros in a decimal part are refused, since readers disagree whether they mean octal. A zone is refused.
    public init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            guard bytes.count < Self.maximumTextLength else { return nil }
            bytes.append(byte)
        }
        self.init(text: bytes[...])
    }

    init?(text bytes: ArraySlice<UInt8>) {
        if bytes.contains(UInt8(ascii: ":")) {
            guard let value = parseIPv6(bytes) else { return nil }
            self.init(v6: value)
        } else {
            guard let value = parseIPv4(bytes) else { return nil }
            self.init(v4: value)
        }
    }

    /// The canonical text: dotted decimal, or RFC 5952 (its section 5 for IPv4-mapped addresses).
    @inline(never)
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(Self.maximumTextLength)
        switch family {
        case .v4: appendIPv4(UInt32(truncatingIfNeeded: bits), to: &text)
        case .v6: appendIPv6(bits, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The value of 1 to `limit` decimal digits without leading zeros, or `nil`.
func parseDecimal(_ digits: ArraySlice<UInt8>, limit: Int) -> Int? {
    guard let first = digits.first, digits.count <= limit, digits.count == 1 || first != UInt8(ascii: "0") else {
        return nil
    }
    var value = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
}

/// The value of one hexadecimal digit of either case, or `nil`.
func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

private func parseIPv4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
        guard let octet = parseDecimal(part, limit: 3), octet <= 255 else { return nil }
        value = value << 8 | UInt32(octet)
    }
    return value
}

private func parseIPv6(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    guard let gap = text.indices.first(where: { isDoubleColon(text, at: $0) }) else {
        guard let groups = parseGroups(text, mayEndInIPv4: true), groups.count == 8 else { return nil }
        return join(groups)
    }
    let before = text[text.startIndex..<gap]
    let after = text[(gap + 2)...]
    // A second "::", and ":::", leave an empty group on one of the sides.
    guard after.first != colon,
        let head = before.isEmpty ? [] : parseGroups(before, mayEndInIPv4: false),
        let tail = after.isEmpty ? [] : parseGroups(after, mayEndInIPv4: true),
        head.count + tail.count < 8
    else { return nil }
    return join(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
}

private func isDoubleColon(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
    text[index] == UInt8(ascii: ":") && index + 1 < text.endIndex && text[index + 1] == UInt8(ascii: ":")
}

/// The 16-bit groups of text such as `2001:db8:1` or `ffff:192.0.2.1`; `nil` when any of them is malformed.
private func parseGroups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
    var groups: [UInt16] = []
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for (position, part) in parts.enumerated() {
        if mayEndInIPv4, position == parts.count - 1, let value = parseIPv4(part) {
            groups.append(UInt16(truncatingIfNeeded: value >> 16))
            groups.append(UInt16(truncatingIfNeeded: value))
            continue
        }
        guard (1...4).contains(part.count) else { return nil }
        var group: UInt16 = 0
        for digit in part {
            guard let value = hexadecimalValue(digit) else { return nil }
            group = group << 4 | UInt16(value)
        }
        groups.append(group)
    }
    return groups
}

private func join(_ groups: [UInt16]) -> UInt128 {
    groups.reduce(0) { $0 << 16 | UInt128($1) }
}

private func appendIPv4(_ value: UInt32, to text: inout [UInt8]) {
    for shift: UInt32 in [24, 16, 8, 0] {
        text.append(contentsOf: String(value >> shift & 0xFF).utf8)
        if shift > 0 { text.append(UInt8(ascii: ".")) }
    }
}

private func appendIPv6(_ value: UInt128, to text: inout [UInt8]) {
    if value >> 32 == 0xFFFF {
        text.append(contentsOf: "::ffff:".utf8)
        appendIPv4(UInt32(truncatingIfNeeded: value), to: &text)
        return
    }
    var groups: [UInt16] = []
    for shift: UInt128 in [112, 96, 80, 64, 48, 32, 16, 0] {
        groups.append(UInt16(truncatingIfNeeded: value >> shift))
    }
    let gap = longestZeroRun(groups)
    var position = 0
    while position < 8 {
        if position == gap.lowerBound, !gap.isEmpty {
            text.append(contentsOf: "::".utf8)
            position = gap.upperBound
            continue
        }
        if position > 0, position != gap.upperBound || gap.isEmpty { text.append(UInt8(ascii: ":")) }
        text.append(contentsOf: String(groups[position], radix: 16).utf8)
        position += 1
    }
}

/// The first of the longest runs of two or more zero groups (RFC 5952 4.2); empty when there is none.
private func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for position in 0...groups.count where position == groups.count || groups[position] != 0 {
        if position - start > max(best.count, 1) { best = start..<position }
        start = position + 1
    }
    return best
}
