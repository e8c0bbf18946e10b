import CTestSupport
import Glibc
import Synchronization

/// A terminal with a test in the place of the person: types, looks, changes the window's size.
public final class PseudoTerminal: Sendable {
    /// What programs hold.
    let side: Descriptor
    private let controller: Descriptor
    private let seen = Mutex<[UInt8]>([])

    /// A terminal of 24 rows and 80 columns.
    public init() throws {
        var (controller, side): (Int32, Int32) = (-1, -1)
        let result = unsafe support_terminal(&controller, &side)
        guard result == 0 else { throw TestFailure("open a terminal", errno: -result) }
        self.controller = Descriptor(owning: controller)
        self.side = Descriptor(owning: side)
        try resize(rows: 24, columns: 80)
    }

    /// Changes the window's size; the kernel tells the program in the foreground.
    public func resize(rows: UInt16, columns: UInt16) throws {
        let result = support_resize(controller.rawValue, rows, columns)
        guard result == 0 else { throw TestFailure("resize a terminal", errno: -result) }
    }

    /// Presses keys.
    public func type(_ keys: String) throws { try controller.write(Array(keys.utf8)) }

    /// Waits until a text was shown, and returns what was before it and not looked at yet, with that text.
    @discardableResult
    public func wait(for text: String, _ deadline: Deadline = Deadline(in: .seconds(20))) throws -> String {
        let wanted = Array(text.utf8)
        return try seen.withLock { seen in
            while seen.firstRange(of: wanted) == nil {
                seen += try controller.read(deadline: deadline) { !$0.isEmpty }
            }
            let end = seen.firstRange(of: wanted)?.upperBound ?? seen.endIndex
            defer { seen.removeFirst(end) }
            return String(decoding: seen[..<end], as: UTF8.self)
        }
    }

    /// The modes that a program may have changed: c_iflag, c_oflag, c_cflag and c_lflag of termios.
    public var modes: [UInt32] {
        var settings = termios()
        guard unsafe tcgetattr(side.rawValue, &settings) == 0 else { return [] }
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
    }
}
