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

extension Environment {
    /// The command line, with the program's name.
    public static var arguments: [String] {
        // Embedded Swift has no CommandLine; 4 MiB is more than the kernel lets a program be started with here.
        guard let content = try? Files.read("/proc/self/cmdline", limit: 4 << 20) else { return [] }
        return content.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
