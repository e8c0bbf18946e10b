internal import CLinux

/// The machine's clocks.
public enum Clock {
    @inline(never)
    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Milliseconds of a clock that never jumps: for deadlines.
    public static func monotonicMilliseconds() -> Int64 { nanoseconds(CLOCK_MONOTONIC) / 1_000_000 }

    /// Milliseconds since the machine started, its sleep included: what /proc counts in.
    public static func sinceBootMilliseconds() -> Int64 { nanoseconds(CLOCK_BOOTTIME) / 1_000_000 }

    /// Nanoseconds since 1970: for dates.
    public static func realtimeNanoseconds() -> Int64 { nanoseconds(CLOCK_REALTIME) }
}
