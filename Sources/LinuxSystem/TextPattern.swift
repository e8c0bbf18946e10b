internal import CLinux

/// POSIX extended regular expressions: regex(7).
public enum TextPattern {
    /// Whether the expression matches somewhere in the text; nil when it is no expression.
    public static func matches(_ expression: String, in text: String) -> Bool? {
        let result = unsafe clinux_pattern_matches(expression, text)
        return result < 0 ? nil : result == 1
    }
}
