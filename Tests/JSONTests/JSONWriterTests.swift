import JSON
import Testing

struct JSONWriterTests {
    private static let value = JSONValue.object(
        JSONObject([
            ("b", .array([.integer(1), .object(JSONObject()), .array([])])),
            ("a", .object(JSONObject([("z", .null), ("é", .bool(false))]))),
            ("c", .string("x/\"\\\u{1}\u{1F}\n\r\t\u{7F}é")),
        ]))

    @Test("compact text has no white space and keeps the order")
    func compact() {
        #expect(
            Self.value.text() == #"{"b":[1,{},[]],"a":{"z":null,"é":false},"c":"x/\"\\\u0001\u001f\n\r\t\#u{7F}é"}"#)
    }

    @Test("indented text sorts keys when asked")
    func indented() {
        let expected = #"""
            {
                "a": {
                    "z": null,
                    "é": false
                },
                "b": [
                    1,
                    {},
                    []
                ],
                "c": "x/\"\\\u0001\u001f\n\r\t\#u{7F}é"
            }
            """#
        #expect(Self.value.text(.indented(4, sortedKeys: true)) == expected)
        #expect(Self.value.text(.indented(2, sortedKeys: false)).hasPrefix("{\n  \"b\": [\n    1,"))
    }

    @Test(
        "every style reads back as a value with the same members",
        arguments: [JSONStyle.compact, .indented(4, sortedKeys: false)])
    func roundTrip(style: JSONStyle) throws {
        #expect(try JSONValue.parse(Self.value.text(style)) == Self.value)
    }

    @Test("an excerpt is cut, whatever the text")
    func excerpt() {
        #expect(JSONValue.string("short").excerpt() == "\"short\"")
        let long = JSONValue.string(String(repeating: "é", count: 1000)).excerpt(limit: 10)
        #expect(long == "\"ééééééééé…")
    }
}

struct JSONObjectTests {
    @Test("setting keeps the place, nil removes, a new key comes last")
    func editing() {
        var object = JSONObject([("a", .integer(1)), ("b", .integer(2)), ("a", .integer(3))])
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == .integer(3))
        object["c"] = .null
        object["a"] = nil
        #expect(object.keys == ["b", "c"])
        let removed = object.remove("b")
        let removedAgain = object.remove("b")
        #expect(removed && !removedAgain)
        #expect(object == JSONObject([("c", .null)]))
        #expect(object.hashValue == JSONObject([("c", .null)]).hashValue)
    }

    @Test("order and values matter for equality")
    func equality() {
        let object = JSONObject([("a", .integer(1)), ("b", .integer(2))])
        #expect(object != JSONObject([("b", .integer(2)), ("a", .integer(1))]))
        #expect(object != JSONObject([("a", .integer(1)), ("b", .integer(3))]))
        #expect(object != JSONObject([("a", .integer(1))]))
    }
}
