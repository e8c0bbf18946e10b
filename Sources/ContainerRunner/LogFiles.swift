internal import ContainerShim
internal import LinuxSystem

/// The files of one container's log, the newest of which is written to; each is found again by its inode when it has been
/// put aside.
struct LogFiles {
    let directory: String

    private func path(_ age: Int) -> String { "\(directory)/\(LogSettings.fileName(age))" }

    /// A file that is being read.
    struct Reading: ~Copyable {
        private let file: OwnedDescriptor
        let inode: UInt64
        /// Nobody wants more.
        private(set) var isEnough = false
        private var pending: [UInt8] = []
        private var buffer = [UInt8](repeating: 0, count: 65_536)

        static func open(_ path: String) throws(SystemError) -> Reading? {
            do throws(SystemError) {
                let file = try OwnedDescriptor.reading(path)
                guard let status = try Files.status("/proc/self/fd/\(file.rawValue)") else { return nil }
                return Reading(file: file, inode: status.inode)
            } catch {
                // Put aside or thrown away since it was looked for.
                if error.errno == .noEntry { return nil }
                throw error
            }
        }

        private init(file: consuming OwnedDescriptor, inode: UInt64) {
            self.file = file
            self.inode = inode
        }

        /// Passes on the lines that are there by now.
        mutating func pass(_ body: (ArraySlice<UInt8>) -> Bool) throws(SystemError) {
            while !isEnough, let count = try file.readSome(into: &buffer), count > 0 {
                pending.append(contentsOf: buffer[0..<count])
                var start = 0
                while !isEnough, let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                    isEnough = !body(pending[start..<end])
                    start = end + 1
                }
                pending.removeFirst(start)
            }
        }

        /// What stands behind the last line's end.
        mutating func passRest(_ body: ([UInt8]) -> Bool) {
            guard !isEnough, !pending.isEmpty else { return }
            isEnough = !body(pending)
            pending.removeAll()
        }
    }

    /// Passes on all entries from where `place` stopped, or from the oldest file; returns where it stopped.
    func read(
        _ format: LogFormat, from place: consuming Reading?, _ body: (ContainerLog.Entry) -> Bool
    ) throws(SystemError) -> Reading? {
        var place = place
        if place == nil { place = try oldest().flatMap { age throws(SystemError) in try Reading.open(path(age)) } }
        guard var reading = place.take() else { return nil }
        while true {
            try reading.pass { line in format.entry(line).map(body) ?? true }
            // Bytes alone need no end of a line to be complete.
            if format == .raw { reading.passRest { body(ContainerLog.Entry(time: "", isError: false, bytes: $0)) } }
            if reading.isEnough { return reading }
            guard let age = try successor(of: reading.inode), let next = try Reading.open(path(age)) else {
                return reading
            }
            // It may have grown until it was put aside.
            try reading.pass { line in format.entry(line).map(body) ?? true }
            reading = next
        }
    }

    /// The lines of all files; one that has not ended counts.
    func countLines(_ format: LogFormat) throws(SystemError) -> Int {
        var count = 0
        var isInside = false
        guard let oldest = try oldest() else { return 0 }
        for age in (0...oldest).reversed() {
            guard var reading = try Reading.open(path(age)) else { continue }
            try reading.pass { line in
                isInside = !format.endsLine(line)
                if !isInside { count += 1 }
                return true
            }
            if format == .raw {
                isInside = false
                reading.passRest { _ in
                    isInside = true
                    return true
                }
            }
        }
        return count + (isInside ? 1 : 0)
    }

    private func inode(_ age: Int) throws(SystemError) -> UInt64? { try Files.status(path(age))?.inode }

    private func oldest() throws(SystemError) -> Int? {
        var found: Int?
        var age = 0
        // The newest is missing for a moment while files are put aside.
        while try inode(age) != nil || age == 0 {
            if try inode(age) != nil { found = age }
            age += 1
        }
        return found
    }

    /// The age of the file that was begun after this one; the oldest when this one was thrown away.
    private func successor(of inode: UInt64) throws(SystemError) -> Int? {
        var oldest: Int?
        var age = 0
        while let found = try self.inode(age) ?? (age == 0 ? 0 : nil) {
            if found == inode { return age == 0 ? nil : age - 1 }
            if found != 0 { oldest = age }
            age += 1
        }
        return oldest
    }
}
