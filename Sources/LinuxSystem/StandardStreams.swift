internal import CLinux

/// Standard input, output and error of the process, and its end.
public enum StandardStreams {
    /// All of standard input; EFBIG past `limit` bytes.
    public static func readInput(limit: Int) throws(SystemError) -> [UInt8] {
        let input = OwnedDescriptor(owning: 0)
        do throws(SystemError) {
            let content = try input.readAll(limit: limit, subject: "standard input")
            _ = input.release()
            return content
        } catch {
            _ = input.release()
            throw error
        }
    }

    /// Writes to standard output.
    public static func writeOutput(_ bytes: [UInt8]) throws(SystemError) { try write(bytes, to: 1, "standard output") }

    /// Writes a text to standard error; a failure is of no interest there.
    public static func writeError(_ text: String) {
        do throws(SystemError) { try write(Array(text.utf8), to: 2, "standard error") } catch { return }
    }

    private static func write(_ bytes: [UInt8], to number: CInt, _ subject: String) throws(SystemError) {
        let output = OwnedDescriptor(owning: number)
        do throws(SystemError) {
            try output.writeAll(bytes, subject: subject)
            _ = output.release()
        } catch {
            _ = output.release()
            throw error
        }
    }

    /// Makes a user the owner of the streams, so that it may open them again by name: /dev/stderr of a pipe.
    ///
    /// What cannot be given away, as a file of a read-only file system or a device that all share, stays as it is.
    public static func give(to user: UInt32) {
        var null = stat()
        guard unsafe stat("/dev/null", &null) == 0 else { return }
        for number: CInt in 0...2 {
            var stream = stat()
            guard unsafe fstat(number, &stream) == 0, stream.st_rdev != null.st_rdev, stream.st_uid != user else {
                continue
            }
            _ = fchown(number, user, stream.st_gid)
        }
    }

    /// Ends the process without running anything further.
    ///
    /// Only a `main` calls it.
    public static func exit(_ status: CInt) -> Never { _exit(status) }

    /// Puts /dev/null where the caller left a standard stream closed: no other file may get its number.
    public static func ensureOpen() throws(SystemError) {
        if clinux_open_streams() != 0 { throw .last("open", "/dev/null") }
    }

    /// Makes a trap report itself as a CNI error document instead of a silent signal.
    public static func installTrapReport() { clinux_install_trap_report() }
}
