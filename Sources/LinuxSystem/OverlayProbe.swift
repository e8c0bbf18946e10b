internal import CLinux

/// Finding out what a file system can be used for.
public enum OverlayProbe {
    /// Why no overlay can have its upper layer in a directory; nil when it can.
    ///
    /// It is mounted in a process of its own, and gone with it.
    public static func refusal(in directory: String) throws(SystemError) -> Errno? {
        let place = "\(directory)/.probe-\(String(Random.uint64(), radix: 16))"
        for name in ["lower", "upper", "work", "merged"] { try Files.makeDirectories("\(place)/\(name)", mode: 0o700) }
        let result = unsafe hw_probe_overlay(place)
        try Files.removeTree(place)
        return result == 0 ? nil : Errno(rawValue: result)
    }
}
