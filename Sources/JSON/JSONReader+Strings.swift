extension JSONReader {
    /// Reads a string from its opening quotation mark to behind its closing one.
    mutating func readString() throws(JSONError) -> String {
        position += 1
        let start = position
        // Most strings have no escape and are taken as they stand.
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            try skipCharacter(byte)
        }
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var text = Array(bytes[start..<position])
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                position += 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") {
                try readEscape(into: &text)
            } else {
                let first = position
                try skipCharacter(byte)
                text.append(contentsOf: bytes[first..<position])
            }
        }
        throw error(.unexpectedEnd)
    }

    /// Passes one character of a string, which begins with `first`; checks that it is UTF-8 and no control character.
    private mutating func skipCharacter(_ first: UInt8) throws(JSONError) {
        guard first >= 0x20 else { throw error(.controlCharacter) }
        // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629 4).
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0x20...0x7F:
            position += 1
            return
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error(.malformedUTF8)
        }
        for index in 1..<length {
            guard position + index < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
            let byte = bytes[position + index]
            guard index == 1 ? second.contains(byte) : (0x80...0xBF).contains(byte) else {
                throw error(.malformedUTF8)
            }
        }
        position += length
    }

    /// Reads an escape from its backslash on.
    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let letter = next else { throw error(.unexpectedEnd) }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try readUnicodeEscape(startingAt: start, into: &text)
        default: throw error(.malformedEscape, at: start)
        }
    }

    /// Reads the digits of `\uXXXX`, and a second escape when the first is the leading half of a pair.
    private mutating func readUnicodeEscape(startingAt start: Int, into text: inout [UInt8]) throws(JSONError) {
        let first = try readFourDigits(escapeStart: start)
        var code = UInt32(first)
        if (0xD800...0xDBFF).contains(first) {
            guard next != nil else { throw error(.unexpectedEnd) }
            let secondStart = position
            guard take(UInt8(ascii: "\\")) else { throw error(.loneSurrogate, at: start) }
            guard next != nil else { throw error(.unexpectedEnd) }
            guard take(UInt8(ascii: "u")) else { throw error(.loneSurrogate, at: start) }
            let second = try readFourDigits(escapeStart: secondStart)
            guard (0xDC00...0xDFFF).contains(second) else { throw error(.loneSurrogate, at: start) }
            code = 0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00))
        }
        guard let scalar = Unicode.Scalar(code) else { throw error(.loneSurrogate, at: start) }
        text.append(contentsOf: String(scalar).utf8)
    }

    private mutating func readFourDigits(escapeStart: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw error(.unexpectedEnd) }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error(.malformedEscape, at: escapeStart)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
