/// How a JSON value is laid out as text.
public enum JSONStyle: Hashable, Sendable {
    /// Without white space, members in their order.
    case compact
    /// One element or member a line, each level indented by so many spaces; keys sorted by bytes, or in their order.
    case indented(Int, sortedKeys: Bool)
}

extension JSONValue {
    /// The value as JSON text, without a line end.
    public func text(_ style: JSONStyle = .compact) -> String {
        String(decoding: encoded(style), as: UTF8.self)
    }

    /// The value as JSON text in UTF-8, without a line end.
    public func encoded(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return writer.output
    }
}

private struct JSONWriter {
    let style: JSONStyle
    var output: [UInt8] = []
    private var level = 0

    init(style: JSONStyle) {
        self.style = style
    }

    @inline(never)
    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .number(let text): append(text)
        case .string(let text): writeString(text)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    @inline(never)
    private mutating func write(_ elements: [JSONValue]) {
        guard !elements.isEmpty else { return append("[]") }
        output.append(UInt8(ascii: "["))
        level += 1
        for (position, element) in elements.enumerated() {
            beginItem(isFirst: position == 0)
            write(element)
        }
        level -= 1
        breakLine()
        output.append(UInt8(ascii: "]"))
    }

    @inline(never)
    private mutating func write(_ object: JSONObject) {
        guard !object.isEmpty else { return append("{}") }
        output.append(UInt8(ascii: "{"))
        level += 1
        for (position, member) in ordered(object.members).enumerated() {
            beginItem(isFirst: position == 0)
            writeString(member.key)
            append(style == .compact ? ":" : ": ")
            write(member.value)
        }
        level -= 1
        breakLine()
        output.append(UInt8(ascii: "}"))
    }

    private func ordered(_ members: [(key: String, value: JSONValue)]) -> [(key: String, value: JSONValue)] {
        guard case .indented(_, sortedKeys: true) = style else { return members }
        let keyed = members.map { (bytes: Array($0.key.utf8), member: $0) }
        return keyed.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map { $0.member }
    }

    private mutating func beginItem(isFirst: Bool) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        breakLine()
    }

    private mutating func breakLine() {
        guard case .indented(let width, _) = style else { return }
        output.append(0x0A)
        for _ in 0..<(width * level) { output.append(0x20) }
    }

    private mutating func append(_ text: String) {
        output.append(contentsOf: text.utf8)
    }

    @inline(never)
    private mutating func writeString(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append(byte < 0x10 ? "\\u000" : "\\u00")
                append(String(byte, radix: 16))
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
