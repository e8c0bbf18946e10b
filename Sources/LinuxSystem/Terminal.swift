internal import CLinux

/// A terminal's settings and size.
public enum Terminal {
    /// The settings before raw mode; restored when this value's lifetime ends.
    public struct RawMode: ~Copyable {
        private let terminal: CInt
        private let saved: [UInt8]

        init(terminal: CInt, saved: [UInt8]) {
            self.terminal = terminal
            self.saved = saved
        }

        deinit { _ = unsafe saved.withUnsafeBytes { unsafe hw_terminal_restore(terminal, $0.baseAddress) } }

        /// An explicit last use, so that raw mode lasts to the end of a scope: `defer { raw.keepHeld() }`.
        public borrowing func keepHeld() {}
    }

    /// Rows and columns.
    public struct Size: Hashable, Sendable {
        /// Lines of text.
        public let rows: UInt16
        /// Characters in a line.
        public let columns: UInt16

        /// A size.
        public init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Whether a descriptor is a terminal.
    public static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// Lets every key through as it is typed, until the value's lifetime ends.
    public static func enterRawMode(_ descriptor: CInt) throws(SystemError) -> RawMode {
        var saved = [UInt8](repeating: 0, count: 256)
        let result = unsafe saved.withUnsafeMutableBytes {
            unsafe hw_terminal_set_raw(descriptor, $0.baseAddress, $0.count)
        }
        if result < 0 { throw SystemError("tcsetattr", "", Errno(rawValue: -result)) }
        return RawMode(terminal: descriptor, saved: saved)
    }

    /// The size of a terminal's window, or nil when it has none.
    public static func size(of descriptor: CInt) -> Size? {
        var rows: UInt16 = 0
        var columns: UInt16 = 0
        guard unsafe hw_terminal_size(descriptor, &rows, &columns) == 0 else { return nil }
        return Size(rows: rows, columns: columns)
    }

    /// Tells a terminal, and through it its programs, a new size.
    public static func resize(_ descriptor: CInt, to size: Size) throws(SystemError) {
        let result = hw_terminal_resize(descriptor, size.rows, size.columns)
        if result < 0 { throw SystemError("ioctl", "TIOCSWINSZ", Errno(rawValue: -result)) }
    }
}
