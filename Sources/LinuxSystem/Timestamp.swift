/// A moment in nanoseconds since 1970, written as RFC 3339 does.
public struct Timestamp: Hashable, Sendable, CustomStringConvertible {
    /// Nanoseconds since 1970.
    public let nanoseconds: Int64

    /// A moment.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// As "2026-11-21T09:30:00.123456789Z".
    public var description: String {
        secondsText + "." + Self.padded(nanoseconds % 1_000_000_000, 9) + "Z"
    }

    /// As "2026-11-21T09:30:00Z".
    public var wholeSeconds: String { secondsText + "Z" }

    private var secondsText: String {
        let seconds = nanoseconds / 1_000_000_000
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        // Days are counted from 0000-03-01, so that a leap day is the last of its year.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
        let clock =
            Self.padded(time / 3600, 2) + ":" + Self.padded(time / 60 % 60, 2) + ":" + Self.padded(time % 60, 2)
        return date + "T" + clock
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
