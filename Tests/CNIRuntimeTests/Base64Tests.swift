import Foundation
import Testing

@testable import CNIRuntime

struct Base64Tests {
    @Test("bytes of every count are written as Foundation writes them, and read back", arguments: 0..<100)
    func agreesWithFoundation(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 151 + count) }
        let text = Data(bytes).base64EncodedString()
        #expect(Base64.encode(bytes) == text)
        #expect(Base64.decode(text) == bytes)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "A", "AA", "AAA", "AAAAA", "AA=A", "A===", "====", "AA==AAAA", "AA\n=", "AA-_", "AB==", "AAB=", "é===",
        ])
    func refuses(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
