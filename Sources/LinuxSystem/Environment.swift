internal import CLinux

/// The process's environment.
///
/// Only a `main` reads it and hands on what it found.
public enum Environment {
    /// The value of a variable; nil when it is not set.
    public static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    /// All of it, as "NAME=value".
    public static var all: [String] {
        var entries: [String] = []
        guard var cursor = unsafe clinux_environ() else { return [] }
        while let entry = unsafe cursor.pointee {
            entries.append(unsafe String(cString: entry))
            unsafe cursor += 1
        }
        return entries
    }
}
