internal import LinuxSystem

/// What a container wrote, in the format that Kubernetes' runtimes share: "TIME stdout F line", P for a part of a line.
struct OutputLog: ~Copyable {
    /// The file's name.
    static let fileName = "output.log"

    private let file: OwnedDescriptor

    static func open(_ path: String) throws(SystemError) -> OutputLog {
        OutputLog(file: try OwnedDescriptor.append(to: path, mode: 0o600))
    }

    /// Adds the first `count` bytes.
    ///
    /// A full disk loses output and does not stop the container.
    borrowing func add(_ bytes: [UInt8], count: Int, stream: String) {
        let prefix = Array("\(Timestamp(nanoseconds: Clock.realtimeNanoseconds())) \(stream) ".utf8)
        var lines: [UInt8] = []
        lines.reserveCapacity(count + 128)
        var start = 0
        while start < count {
            var end = start
            while end < count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            lines.append(contentsOf: prefix)
            lines.append(UInt8(ascii: end < count ? "F" : "P"))
            lines.append(UInt8(ascii: " "))
            lines.append(contentsOf: bytes[start..<end])
            lines.append(UInt8(ascii: "\n"))
            start = end + 1
        }
        _ = Streams.write(lines, count: lines.count, to: file.rawValue)
    }
}
