import CNI
import JSON
import Testing

struct CNIErrorTests {
    @Test(
        "control characters that an error quotes do not reach a terminal",
        arguments: [
            ("plain", "plain"), ("\u{1b}[2Jgone", "\\u001b[2Jgone"), ("two\nlines", "two\\u000alines"),
            ("\u{7f}\u{9b}1m", "\\u007f\\u009b1m"), ("é\u{a0}漢\u{10ffff}", "é\u{a0}漢\u{10ffff}"),
        ])
    func controlCharacters(text: String, shown: String) throws {
        let error = CNIError(code: 7, message: text, details: text)
        #expect(error.message == shown)
        #expect(error.details == shown)
        // Another plugin's error, as a runtime reads it.
        let document = error.json(version: .newest).encoded()
        #expect(CNIError(document: document) == error)
        #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test("a key with control characters is named without them")
    func hostileKey() throws {
        let text = #"{"name":"n","runtimeConfig":{"\#("\\u001b")]0;title":1}}"#
        let configuration = try NetworkConfiguration(Array(text.utf8), for: .add)
        let keys = try #require(try configuration.runtimeConfig())
        let error = #expect(throws: CNIError.self) { _ = try keys.string("\u{1b}]0;title") }
        #expect(error?.message.contains("\\u001b]0;title") == true)
        #expect(error?.message.contains("\u{1b}") == false)
    }
}
