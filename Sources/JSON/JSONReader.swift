extension JSONValue {
    /// The one value that `bytes` hold, white space around it allowed.
    ///
    /// Strict RFC 8259: UTF-8 without byte order mark, paired surrogates, no key twice, nothing after the value.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw JSONError(offset: limits.bytes, reason: .tooLarge(limit: limits.bytes))
        }
        var reader = JSONReader(bytes: bytes, limits: limits)
        reader.skipWhiteSpace()
        let value = try reader.readValue(depth: 0)
        reader.skipWhiteSpace()
        guard reader.position == bytes.count else { throw reader.error(.trailingBytes) }
        return value
    }

    /// The one value that `text` holds.
    public static func parse(_ text: String, limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent reader over bytes in memory; `position` is the next byte to look at.
struct JSONReader {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    private var valueCount = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? position, reason: reason)
    }

    /// The next byte, not taken; `nil` at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The error for a byte, or an end, that cannot stand at `position`.
    func unexpected() -> JSONError {
        guard let next else { return error(.unexpectedEnd) }
        return error(.unexpectedByte(next))
    }

    mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Takes `byte` if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        valueCount += 1
        guard valueCount <= limits.values else { throw error(.tooManyValues(limit: limits.values)) }
        guard let first = next else { throw error(.unexpectedEnd) }
        switch first {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        default: throw unexpected()
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in word.description.utf8 {
            guard take(byte) else { throw unexpected() }
        }
        return value
    }

    private mutating func readArray(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        position += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try readValue(depth: depth))
            skipWhiteSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected() }
            skipWhiteSpace()
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        position += 1
        var members: [(key: String, value: JSONValue)] = []
        var keys = KeyRegister()
        skipWhiteSpace()
        if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
        while true {
            let keyOffset = position
            guard next == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try readString()
            keys.note(key, at: keyOffset)
            skipWhiteSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected() }
            skipWhiteSpace()
            members.append((key, try readValue(depth: depth)))
            skipWhiteSpace()
            if take(UInt8(ascii: "}")) { break }
            guard take(UInt8(ascii: ",")) else { throw unexpected() }
            skipWhiteSpace()
        }
        if let repeated = keys.firstRepetition() {
            throw error(.duplicateKey(repeated.key), at: repeated.offset)
        }
        return .object(JSONObject(distinct: members))
    }

    /// Reads `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
    private mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        let integerStart = position
        try readDigits()
        guard position == integerStart + 1 || bytes[integerStart] != UInt8(ascii: "0") else {
            throw error(.malformedNumber, at: start)
        }
        let isNegativeZero = isNegative && bytes[integerStart] == UInt8(ascii: "0")
        var isInteger = !isNegativeZero
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try readDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try readDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        return .number(text)
    }

    /// Takes one digit or more.
    private mutating func readDigits() throws(JSONError) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw next == nil ? error(.unexpectedEnd) : error(.malformedNumber) }
    }
}

/// The keys of one object while it is read, to find the first that occurs twice in better than quadratic time.
private struct KeyRegister {
    private var keys: [(key: String, offset: Int)] = []

    mutating func note(_ key: String, at offset: Int) {
        keys.append((key, offset))
    }

    /// The repetition that stands first in the text.
    func firstRepetition() -> (key: String, offset: Int)? {
        guard keys.count > 1 else { return nil }
        // A configuration has a dozen keys, for which comparing all pairs is faster than sorting.
        if keys.count <= 16 {
            for later in 1..<keys.count {
                for earlier in 0..<later where haveSameBytes(keys[earlier].key, keys[later].key) { return keys[later] }
            }
            return nil
        }
        let sorted = keys.map { (bytes: Array($0.key.utf8), entry: $0) }.sorted { first, second in
            if first.bytes == second.bytes { return first.entry.offset < second.entry.offset }
            return first.bytes.lexicographicallyPrecedes(second.bytes)
        }
        var result: (key: String, offset: Int)?
        for index in 1..<sorted.count where sorted[index - 1].bytes == sorted[index].bytes {
            if sorted[index].entry.offset < result?.offset ?? .max { result = sorted[index].entry }
        }
        return result
    }
}
