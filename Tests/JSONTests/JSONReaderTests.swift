import JSON
import Testing

struct JSONReaderTests {
    /// One document with every production of the grammar.
    static let everything = #"""
        {"a":[null,true,false,0,-1,9223372036854775807,-9223372036854775808,1.5,1E+2,-0],"b":{"":"","é":"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t😀"}
        , "c" : [ [ ] , { } ] }
        """#

    @Test("every production of the grammar is read")
    func readsEverything() throws {
        let value = try JSONValue.parse(Self.everything)
        let object = try #require(value.object)
        #expect(object.keys == ["a", "b", "c"])
        #expect(
            object["a"]
                == .array([
                    .null, .bool(true), .bool(false), .integer(0), .integer(-1), .integer(.max), .integer(.min),
                    .number("1.5"), .number("1E+2"), .number("-0"),
                ]))
        #expect(object["b"]?.object?["é"]?.string == "é😀\"\\/\u{8}\u{C}\n\r\t😀")
        #expect(object["c"] == .array([.array([]), .object(JSONObject())]))
    }

    @Test("every proper prefix of a document ends too early")
    func prefixes() throws {
        let bytes = Array(Self.everything.utf8)
        for count in 0..<bytes.count {
            let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array(bytes[..<count])) }
            #expect(error == JSONError(offset: count, reason: .unexpectedEnd), "prefix of \(count) bytes")
        }
    }

    @Test("with any byte replaced by any other, the reader answers, and reads back what it accepted")
    func everyByteFlipped() throws {
        let bytes = Array(Self.everything.utf8)
        var accepted = 0
        for position in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[position] = byte
                guard let value = try? JSONValue.parse(changed) else { continue }
                accepted += 1
                #expect(try JSONValue.parse(value.encoded()) == value)
            }
        }
        #expect(accepted > bytes.count && accepted < bytes.count * 128)
    }

    @Test(
        "texts outside the grammar are refused at the right byte",
        arguments: [
            ("", 0, JSONError.Reason.unexpectedEnd), ("  ", 2, .unexpectedEnd), ("{", 1, .unexpectedEnd),
            ("{,}", 1, .unexpectedByte(UInt8(ascii: ","))), ("{\"a\":1,}", 7, .unexpectedByte(UInt8(ascii: "}"))),
            ("[1,]", 3, .unexpectedByte(UInt8(ascii: "]"))), ("[1 2]", 3, .unexpectedByte(UInt8(ascii: "2"))),
            ("{a:1}", 1, .unexpectedByte(UInt8(ascii: "a"))), ("{\"a\" 1}", 5, .unexpectedByte(UInt8(ascii: "1"))),
            ("nul", 3, .unexpectedEnd), ("nulL", 3, .unexpectedByte(UInt8(ascii: "L"))),
            ("NaN", 0, .unexpectedByte(UInt8(ascii: "N"))),
            ("1 1", 2, .trailingBytes), ("{}{}", 2, .trailingBytes), ("null,", 4, .trailingBytes),
            ("// c", 0, .unexpectedByte(47)),
            ("'a'", 0, .unexpectedByte(39)), ("\u{FEFF}1", 0, .unexpectedByte(0xEF)), ("1\0", 1, .trailingBytes),
            ("01", 0, .malformedNumber), ("-01", 0, .malformedNumber), ("-", 1, .unexpectedEnd),
            ("-a", 1, .malformedNumber),
            ("1.", 2, .unexpectedEnd), ("1.e1", 2, .malformedNumber), ("1e", 2, .unexpectedEnd),
            ("1e+", 3, .unexpectedEnd), ("1ex", 2, .malformedNumber),
            ("+1", 0, .unexpectedByte(UInt8(ascii: "+"))), (".5", 0, .unexpectedByte(UInt8(ascii: "."))),
            ("\"\t\"", 1, .controlCharacter), ("\"\u{1F}\"", 1, .controlCharacter), ("\"\\x\"", 1, .malformedEscape),
            ("\"\\u12G4\"", 1, .malformedEscape), ("\"\\ud800\"", 1, .loneSurrogate),
            ("\"\\udc00\"", 1, .loneSurrogate),
            ("\"\\ud800\\n\"", 1, .loneSurrogate), ("\"\\ud800\\ud800\"", 1, .loneSurrogate),
            ("\"\\ud800x\"", 1, .loneSurrogate),
            ("{\"a\":1,\"a\":2}", 7, .duplicateKey("a")), ("{\"a\":1,\"\\u0061\":2}", 7, .duplicateKey("a")),
        ])
    func refusals(text: String, offset: Int, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error == JSONError(offset: offset, reason: reason))
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xE2, 0x82, 0x28], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x98, 0x28],
        ] as [[UInt8]])
    func malformedUTF8(bytes: [UInt8]) {
        for prefix in [[], Array("ab".utf8), Array("\\n".utf8)] {
            let error = #expect(throws: JSONError.self) {
                try JSONValue.parse([0x22] + prefix + bytes + [0x22, 0x20, 0x20])
            }
            #expect(error == JSONError(offset: 1 + prefix.count, reason: .malformedUTF8))
        }
    }

    @Test(
        "the first and the last code point of each UTF-8 length is read",
        arguments: [0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32])
    func codePoints(code: UInt32) throws {
        let text = String(try #require(Unicode.Scalar(code)))
        #expect(try JSONValue.parse(JSONValue.string(text).encoded()).string == text)
    }

    @Test(
        "integers beyond 64 bits keep their text",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "1e400", "123456789012345678901234567890", "0.1", "1E5",
            "-0", "-0.0",
        ])
    func bigNumbers(text: String) throws {
        let value = try JSONValue.parse(text)
        #expect(value == .number(text))
        #expect(value.text() == text)
    }

    @Test("depth is counted in levels")
    func depth() throws {
        let limits = JSONLimits(bytes: 1 << 20, depth: 3, values: 100)
        #expect(try JSONValue.parse("[{\"a\":[1]}]", limits: limits).array?.count == 1)
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("[{\"a\":[[1]]}]", limits: limits) }
        #expect(error == JSONError(offset: 7, reason: .tooDeep(limit: 3)))
        let deep = #expect(throws: JSONError.self) { try JSONValue.parse([UInt8](repeating: 0x5B, count: 1 << 20)) }
        #expect(deep?.reason == .tooDeep(limit: 64))
    }

    @Test("bytes and values are limited")
    func otherLimits() throws {
        let limits = JSONLimits(bytes: 8, depth: 3, values: 3)
        #expect(try JSONValue.parse("[1,2]", limits: limits).array?.count == 2)
        #expect(throws: JSONError(offset: 5, reason: .tooManyValues(limit: 3))) {
            try JSONValue.parse("[1,2,3]", limits: limits)
        }
        #expect(throws: JSONError(offset: 8, reason: .tooLarge(limit: 8))) {
            try JSONValue.parse("[1,2    ]", limits: limits)
        }
    }

    @Test(
        "the first repeated key of a large object is found", arguments: [(17, 3, 12), (1000, 999, 0), (1000, 500, 499)])
    func duplicateInLargeObject(count: Int, repetition: Int, original: Int) {
        var keys = (0..<count).map { "key\($0)" }
        keys[repetition] = keys[original]
        let later = max(repetition, original)
        let text = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        let offset = 1 + keys[..<later].reduce(0) { $0 + $1.utf8.count + 5 }
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error == JSONError(offset: offset, reason: .duplicateKey(keys[later])))
    }

    @Test("keys that differ only in Unicode normalization are two keys")
    func normalizationOfKeys() throws {
        let object = try #require(try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2}").object)
        #expect(object["\u{E9}"] == .integer(1))
        #expect(object["e\u{301}"] == .integer(2))
    }

    @Test("a large object is read in reasonable time, in order")
    func largeObject() throws {
        let text = "{" + (0..<90_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        let object = try #require(try JSONValue.parse(text).object)
        #expect(object.count == 90_000)
        #expect(object.members[89_999].value == .integer(89_999))
    }
}
