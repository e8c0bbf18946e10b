public import LinuxSystem

/// The first two numbers of a kernel's version.
public struct KernelVersion: Hashable, Sendable, Comparable {
    /// The 6 of 6.18.
    public let major: Int
    /// The 18 of 6.18.
    public let minor: Int

    /// A version by its numbers.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// The version at the start of a text such as "6.18.44-fc"; nil when there is none.
    public init?(_ text: String) {
        var numbers = [0]
        var digits = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "."), digits > 0, numbers.count < 2 {
                numbers.append(0)
                digits = 0
            } else if (0x30...0x39).contains(byte), digits < 6 {
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte - 0x30)
                digits += 1
            } else {
                break
            }
        }
        guard numbers.count == 2, digits > 0 else { return nil }
        self.init(major: numbers[0], minor: numbers[1])
    }

    /// The running kernel's.
    public static func current() throws(SystemError) -> KernelVersion {
        let path = "/proc/sys/kernel/osrelease"
        let text = String(decoding: try Files.read(path, limit: 256), as: UTF8.self)
        guard let version = KernelVersion(text) else {
            throw SystemError("read", path, .protocolError, explanation: "no version: \(text)")
        }
        return version
    }

    /// Whether one came before the other.
    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
