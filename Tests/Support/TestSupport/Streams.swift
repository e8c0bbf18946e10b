import CTestSupport
import Glibc

/// The three standard streams of a child.
struct Streams: Sendable {
    let input: Descriptor
    let output: Descriptor
    let errorOutput: Descriptor

    /// A pipe holds this much before anybody reads: 65,536 bytes, pipe(7).
    private static let pipeCapacity = 65536

    init(input bytes: [UInt8]?) throws {
        output = try Streams.anonymousFile()
        errorOutput = try Streams.anonymousFile()
        guard let bytes else {
            input = try Descriptor(opening: "/dev/null")
            return
        }
        if bytes.count <= Streams.pipeCapacity {
            let (reading, writing) = try Descriptor.pipe()
            try writing.write(bytes)
            input = reading
        } else {
            input = try Streams.anonymousFile()
            try input.write(bytes)
            guard lseek(input.rawValue, 0, SEEK_SET) == 0 else { throw TestFailure("lseek", errno: errno) }
        }
    }

    /// Streams of a process that is talked to while it runs.
    init(input: Descriptor, output: Descriptor, errorOutput: Descriptor) {
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
    }

    static func anonymousFile() throws -> Descriptor {
        let file = support_anonymous_file()
        guard file >= 0 else { throw TestFailure("memfd_create", errno: -file) }
        return Descriptor(owning: file)
    }
}
