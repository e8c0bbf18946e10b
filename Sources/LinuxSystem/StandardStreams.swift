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
