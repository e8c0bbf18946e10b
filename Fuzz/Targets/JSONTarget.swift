import JSON

/// What the reader accepts, the writer writes so that the reader gets the same value back, in every style.
func fuzzJSON(_ bytes: [UInt8]) {
    do {
        let value = try JSONValue.parse(bytes)
        for style in [JSONStyle.compact, .indented(4, sortedKeys: false), .indented(2, sortedKeys: true)] {
            guard let again = try? JSONValue.parse(value.encoded(style)) else {
                preconditionFailure("the writer's output is no JSON")
            }
            // Sorting reorders members; values compare as ordered.
            if case .indented(_, sortedKeys: true) = style { continue }
            precondition(again == value, "written and read again, a value differs")
        }
        _ = value.excerpt()
    } catch {
        precondition(error.offset >= 0 && error.offset <= bytes.count, "an error lies outside the text")
        precondition(!error.description.isEmpty)
    }
}
