internal import LinuxSystem

/// What a container wrote, kept in files of a format and number that its settings say.
struct OutputLog: ~Copyable {
    private let directory: String
    private let settings: LogSettings
    private var file: OwnedDescriptor?
    private var size: Int64 = 0
    private var lines: [UInt8] = []

    static func open(_ settings: LogSettings, in directory: String) throws(SystemError) -> OutputLog {
        var log = OutputLog(directory: directory, settings: settings)
        if settings.driver != .none { try log.openFile() }
        return log
    }

    private init(directory: String, settings: LogSettings) {
        self.directory = directory
        self.settings = settings
    }

    private func path(_ age: Int) -> String { "\(directory)/\(LogSettings.fileName(age))" }

    private mutating func openFile() throws(SystemError) {
        file = try OwnedDescriptor.append(to: path(0), mode: 0o600)
        size = try Files.status(path(0))?.size ?? 0
    }

    /// Adds the bytes of `range`.
    ///
    /// A full disk loses output and does not stop the container.
    mutating func add(_ bytes: [UInt8], _ range: Range<Int>, isError: Bool) {
        if settings.driver == .none { return }
        let isRoomy = settings.maximumSize == 0 || size + Int64(range.count) <= settings.maximumSize
        if settings.driver == .raw, isRoomy { return write(bytes, range) }
        lines.removeAll(keepingCapacity: true)
        let time = Timestamp(nanoseconds: Clock.realtimeNanoseconds()).description
        let stream = isError ? "stderr" : "stdout"
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            let before = lines.count
            let isWhole = end < range.upperBound
            switch settings.driver {
            case .lines, .none:
                lines.append(contentsOf: "\(time) \(stream) \(isWhole ? "F" : "P") ".utf8)
                lines.append(contentsOf: bytes[start..<end])
                lines.append(UInt8(ascii: "\n"))
            case .json:
                lines.append(contentsOf: "{\"log\":\"".utf8)
                appendEscaped(bytes[start..<end])
                lines.append(
                    contentsOf: "\(isWhole ? "\\n" : "")\",\"stream\":\"\(stream)\",\"time\":\"\(time)\"}\n".utf8)
            case .raw: lines.append(contentsOf: bytes[start..<min(end + 1, range.upperBound)])
            }
            // A line does not go over the border of two files.
            if settings.maximumSize > 0, size + Int64(lines.count) > settings.maximumSize, size + Int64(before) > 0 {
                flush(before)
                rotate()
            }
            start = end + 1
        }
        flush(lines.count)
    }

    private mutating func flush(_ count: Int) {
        if count > 0 { write(lines, 0..<count) }
        lines.removeFirst(count)
    }

    private mutating func write(_ bytes: [UInt8], _ range: Range<Int>) {
        switch file {
        case .some(let open): size += Int64(Streams.write(bytes, range, to: open.rawValue))
        case .none: break
        }
    }

    /// Puts the file aside and begins a new one; where that fails, the old one goes on.
    private mutating func rotate() {
        let last = settings.maximumFiles - 1
        do throws(SystemError) {
            if last == 0 {
                try Files.remove(path(0))
            } else {
                for age in (0..<last).reversed() where Files.exists(path(age)) {
                    try Files.rename(path(age), to: path(age + 1))
                }
            }
            try openFile()
        } catch {
            size = 0  // tried again when as much has been written once more
        }
    }

    /// As JSON writes a string: bytes that are no UTF-8 become U+FFFD.
    private mutating func appendEscaped(_ bytes: ArraySlice<UInt8>) {
        for byte in String(decoding: bytes, as: UTF8.self).utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                lines.append(UInt8(ascii: "\\"))
                lines.append(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                lines.append(contentsOf: (digits.utf8.count == 1 ? "\\u000" : "\\u00").utf8)
                lines.append(contentsOf: digits.utf8)
            default: lines.append(byte)
            }
        }
    }
}
