internal import CLinux

/// How this thread's libraries read texts.
public enum TextEncoding {
    /// As UTF-8, whatever the locale of the environment says.
    public static func useUTF8() { _ = hw_use_utf8() }
}
