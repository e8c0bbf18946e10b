/// Kernel settings below /proc/sys, as seen from the calling thread's namespaces.
public enum Sysctl {
    /// The value without its final newline; nil when the kernel has no such setting.
    ///
    /// `key` is as "net/ipv4/ip_forward".
    @inline(never)
    public static func read(_ key: String) throws(SystemError) -> String? {
        guard var bytes = try Files.readIfPresent("/proc/sys/\(key)", limit: 65536) else { return nil }
        while let last = bytes.last, last == 0x0a || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Sets a value; ENOENT when the kernel has no such setting.
    @inline(never)
    public static func write(_ key: String, _ value: String) throws(SystemError) {
        try Files.write("/proc/sys/\(key)", Array(value.utf8))
    }

    /// Sets a value.
    ///
    /// Answers whether the kernel has such a setting.
    @discardableResult
    @inline(never)
    public static func set(_ key: String, _ value: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try write(key, value)
            return true
        } catch {
            if error.errno == .noEntry { return false }
            throw error
        }
    }

    /// Sets a value unless it is set already.
    ///
    /// Answers whether the kernel has such a setting.
    @discardableResult
    @inline(never)
    public static func ensure(_ key: String, _ value: String) throws(SystemError) -> Bool {
        guard let now = try read(key) else { return false }
        if now != value { try write(key, value) }
        return true
    }
}
