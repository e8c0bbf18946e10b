internal import LinuxSystem

/// The spellings of limits on a command line: sizes, shares of processors, devices.
enum LimitText {
    /// A size as docker reads it: "512m", "1.5g", "64KiB", "4096"; in units of 1024.
    static func bytes(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        if let last = rest.last, lowercased(last) == UInt8(ascii: "b") { rest.removeLast() }
        if rest.count < text.utf8.count, let last = rest.last, lowercased(last) == UInt8(ascii: "i") {
            rest.removeLast()
        }
        var exponent = 0
        if let last = rest.last, let index = Array("kmgtp".utf8).firstIndex(of: lowercased(last)) {
            exponent = index + 1
            rest.removeLast()
        } else if text.utf8.last.map({ lowercased($0) }) == UInt8(ascii: "b"), rest.count + 1 < text.utf8.count {
            return nil  // "5ib"
        }
        return decimal(rest, unit: Int64(1) << (10 * exponent))
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte | 0x20 }

    private static let precision = 15  // digits behind the point: ten to this fits 64 bits

    /// A decimal number times a unit, rounded down; nil when it is none, or too large.
    static func decimal(_ digits: ArraySlice<UInt8>, unit: Int64) -> Int64? {
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        guard parts.allSatisfy({ $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }),
            let whole = Int64(String(decoding: parts[0], as: UTF8.self))
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        let digits = parts.count == 2 ? parts[1].prefix(precision) : []
        let fraction = Int64(String(decoding: digits, as: UTF8.self)) ?? 0
        let scale = digits.reduce(Int64(1)) { power, _ in power * 10 }
        let rest = scale.dividingFullWidth(unit.multipliedFullWidth(by: fraction)).quotient
        let (sum, tooLarge) = product.addingReportingOverflow(rest)
        return tooLarge ? nil : sum
    }

    /// Whether it is a list of numbers and ranges: "0-2,7".
    static func isList(_ text: String) -> Bool { numbers(text) != nil }

    private static let largest = 1 << 16  // more processors than any kernel is built for

    /// The numbers of such a list.
    static func numbers(_ text: String) -> [Int]? {
        var found: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                last < largest
            else { return nil }
            found += Array(first...last)
        }
        return found
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    /// "PATH:VALUE", parted at the last colon.
    static func deviceAndValue(_ text: String) -> (path: String, value: String)? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let (path, value) = (String(text[..<colon]), String(text[text.utf8.index(after: colon)...]))
        return path.hasPrefix("/") && !value.isEmpty ? (path, value) : nil
    }

    /// The block device at a path.
    static func blockDevice(_ path: String) -> DeviceNumber? {
        guard let device = (try? Files.status(path))??.represented, device.isBlock else { return nil }
        return device
    }

    /// How many processors this machine has online; nil when it does not say.
    static func onlineProcessors() -> Int? {
        guard let text = try? Files.read("/sys/devices/system/cpu/online", limit: 4096) else { return nil }
        return numbers(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))?.count
    }
}
