internal import CLinux

/// What /proc says of one process, as `ps -ef` shows it.
public struct ProcessEntry: Hashable, Sendable {
    /// Its number.
    public let identifier: Int32
    /// Its parent's number.
    public let parent: Int32
    /// The number of the user it runs as.
    public let user: UInt32
    /// Its share of one processor since it started, in percent.
    public let usage: Int
    /// When it started: hour and minute of the day, local.
    public let started: String
    /// Its terminal, as "pts/0"; "?" for none.
    public let terminal: String
    /// The processor time it has taken, as "00:01:30".
    public let time: String
    /// Its command line; its name in brackets where it has none.
    public let command: String

    /// Reads a process's entry; nil when it has ended.
    public static func read(_ identifier: Int32) throws(SystemError) -> ProcessEntry? {
        let path = "/proc/\(identifier)"
        guard let stat = try content("\(path)/stat"), let line = try content("\(path)/cmdline"),
            let open = stat.firstIndex(of: UInt8(ascii: "(")), let close = stat.lastIndex(of: UInt8(ascii: ")")),
            let status = try Files.status(path)
        else { return nil }
        // Field 3 of proc(5) is the first behind the name.
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count > 19, let parent = Int32(fields[1]), let device = Int64(fields[4]),
            let user = Int64(fields[11]), let system = Int64(fields[12]), let start = Int64(fields[19])
        else { return nil }
        let name = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
        return ProcessEntry(
            identifier: identifier, parent: parent, user: status.user, ticks: user + system, start: start,
            terminal: terminal(device), command: command(line, name: name))
    }

    private static func content(_ path: String) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try Files.readIfPresent(path, limit: 4 << 20)
        } catch {
            if error.errno == .noProcess { return nil }
            throw error
        }
    }

    private init(
        identifier: Int32, parent: Int32, user: UInt32, ticks: Int64, start: Int64, terminal: String, command: String
    ) {
        let perSecond = Int64(max(1, sysconf(CInt(_SC_CLK_TCK))))
        let alive = max(1, Clock.sinceBootMilliseconds() / 1000 - start / perSecond)
        self.identifier = identifier
        self.parent = parent
        self.user = user
        self.terminal = terminal
        self.command = command
        usage = Int(ticks * 100 / perSecond / alive)
        let seconds = ticks / perSecond
        time = Self.clock(seconds / 3600) + ":" + Self.clock(seconds / 60 % 60) + ":" + Self.clock(seconds % 60)
        started = Self.timeOfDay(Clock.realtimeNanoseconds() / 1_000_000_000 - alive)
    }

    private static func clock(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func timeOfDay(_ seconds: Int64) -> String {
        let minutes = Int64(clinux_minute_of_day(seconds))
        return clock(minutes / 60) + ":" + clock(minutes % 60)
    }

    /// The kernel's device number of a terminal by name: pseudo-terminals are majors 136 to 143, consoles 4.
    private static func terminal(_ device: Int64) -> String {
        let major = device >> 8 & 0xFFF
        let minor = device & 0xFF | device >> 12 & 0xFFF00
        switch major {
        case 136...143: return "pts/\((major - 136) << 8 | minor)"
        case 4: return "tty\(minor)"
        default: return "?"
        }
    }

    private static func command(_ line: [UInt8], name: String) -> String {
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.isEmpty ? "[\(name)]" : words.joined(separator: " ")
    }
}
