import CTestSupport
import Glibc

/// A process that was started and must be finished.
public struct Running: Sendable {
    let command: Command
    let process: Int32
    let streams: Streams
    let started: ContinuousClock.Instant

    /// Sends a signal to the process.
    public func signal(_ number: Int32) {
        kill(process, number)
    }

    /// What it wrote to standard output so far.
    public func outputSoFar() throws -> String {
        try String(decoding: streams.output.contents(), as: UTF8.self)
    }

    /// What it wrote to standard error so far.
    public func errorSoFar() -> String {
        (try? String(decoding: streams.errorOutput.contents(), as: UTF8.self)) ?? ""
    }

    /// Waits for its end, kills it when its time is over, and takes what it wrote.
    public func finish() throws -> Finished {
        try Finished(command, wait(), streams, started)
    }

    /// Waits for its end without looking at what it wrote; throws unless it exited with 0.
    func end() throws {
        let end = try wait()
        guard end.status == 0, end.timed_out == 0 else { throw TestFailure("\(command.text): status \(end.status)") }
    }

    private func wait() throws -> support_end {
        var end = support_end()
        let result = unsafe support_wait(process, Int32(command.timeout.milliseconds), &end)
        guard result == 0 else { throw TestFailure("wait for \(command.text)", errno: -result) }
        return end
    }
}

extension Finished {
    init(_ command: Command, _ end: support_end, _ streams: Streams, _ started: ContinuousClock.Instant) throws {
        self.command = command.text
        let signal = end.status & 0x7f
        ending = end.timed_out != 0 ? .timedOut : signal == 0 ? .exited((end.status >> 8) & 0xff) : .signalled(signal)
        duration = started.duration(to: .now)
        output = try streams.output.contents()
        errorOutput = try streams.errorOutput.contents()
        processorTime = .microseconds(end.processor_microseconds)
    }
}

extension Duration {
    /// Whole milliseconds.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
