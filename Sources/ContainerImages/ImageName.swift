/// What an image is called: "[HOST[:PORT]/]NAME[/NAME…][:TAG]".
///
/// As docker does it, "docker.io/" and "docker.io/library/" are left out, and a tag that is not given is "latest".
public struct ImageName: Hashable, Sendable, CustomStringConvertible {
    /// The part before the tag.
    public let repository: String
    /// The part behind it.
    public let tag: String

    /// Reads a name; nil when it is none.
    public init?(_ text: String) {
        var repository = text
        var tag = "latest"
        let slash = text.utf8.lastIndex(of: UInt8(ascii: "/"))
        if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), slash.map({ $0 < colon }) ?? true {
            repository = String(text[..<colon])
            tag = String(text[text.utf8.index(after: colon)...])
        }
        for prefix in ["docker.io/library/", "docker.io/"] where repository.hasPrefix(prefix) {
            repository = String(repository.dropFirst(prefix.count))
            break
        }
        guard Self.isRepository(repository), Self.isTag(tag) else { return nil }
        self.repository = repository
        self.tag = tag
    }

    private static func isRepository(_ text: String) -> Bool {
        guard text.utf8.count <= 255 else { return false }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            let letters = part.utf8.drop { isLower($0) }
            let isHost = position == 0 && parts.count > 1
            guard let first = part.utf8.first, isLower(first) || isHost && isUpper(first),
                letters.allSatisfy({ isLower($0) || "._-".utf8.contains($0) || isHost && (isUpper($0) || $0 == 0x3a) })
            else { return false }
        }
        return true
    }

    private static func isTag(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first, first != 0x2d, first != 0x2e else {
            return false
        }
        return text.utf8.allSatisfy { isLower($0) || isUpper($0) || "._-".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }

    /// With its tag.
    public var description: String { "\(repository):\(tag)" }
}
