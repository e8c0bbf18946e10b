/// The keys that leave a container running, as docker writes them: "ctrl-p,ctrl-q".
public struct DetachKeys: Hashable, Sendable {
    private let keys: [UInt8]
    private var matched = 0

    /// docker's.
    public static let standard = DetachKeys(keys: [0x10, 0x11])

    private init(keys: [UInt8]) { self.keys = keys }

    /// Reads single characters and "ctrl-" with a letter or one of @ [ \ ] ^ _, separated by commas; nothing for no keys.
    public init(_ text: String) throws(RunnerError) {
        var keys: [UInt8] = []
        for word in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            let bytes = Array(word.utf8)
            if bytes.count == 1 {
                keys.append(bytes[0])
            } else if bytes.count == 6, word.hasPrefix("ctrl-"), let key = Self.control(bytes[5]) {
                keys.append(key)
            } else {
                throw .invalid(
                    option: "--detach-keys", value: text,
                    expected: "keys separated by commas, each a character or ctrl-a … ctrl-z, ctrl-@, ctrl-[, ctrl-\\, "
                        + "ctrl-], ctrl-^, ctrl-_")
            }
        }
        self.keys = keys
    }

    private static func control(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x60
        case UInt8(ascii: "@"), UInt8(ascii: "[")...UInt8(ascii: "_"): byte - 0x40
        default: nil
        }
    }

    /// What of typed bytes goes on, and whether the keys were typed: then nothing behind them counts.
    ///
    /// The beginning of the keys is kept back until it is known that it is none.
    public mutating func pass(_ typed: ArraySlice<UInt8>) -> (bytes: [UInt8], areComplete: Bool) {
        guard !keys.isEmpty else { return (Array(typed), false) }
        var passed: [UInt8] = []
        for byte in typed {
            if byte != keys[matched] {
                passed.append(contentsOf: keys[0..<matched])
                matched = 0
            }
            if byte == keys[matched] { matched += 1 } else { passed.append(byte) }
            if matched == keys.count {
                matched = 0
                return (passed, true)
            }
        }
        return (passed, false)
    }
}
