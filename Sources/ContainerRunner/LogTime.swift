/// A moment as `logs --since` and `--until` name it.
public struct LogTime: Hashable, Sendable, Comparable {
    /// Nanoseconds since 1970.
    public let nanoseconds: Int64

    /// A moment.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The earlier one is less.
    public static func < (first: LogTime, second: LogTime) -> Bool { first.nanoseconds < second.nanoseconds }

    /// Reads a time of day and date as RFC 3339 writes them (shorter ones are UTC), seconds since 1970, or how long ago:
    /// "10m", "1h30m".
    public init(option: String, _ text: String, now: Int64) throws(RunnerError) {
        if let span = Self.span(text) {
            nanoseconds = now - span
        } else if let seconds = Self.seconds(text) {
            nanoseconds = seconds
        } else if let date = LogTime(rfc3339: text) {
            self = date
        } else {
            throw .invalid(
                option: option, value: text,
                expected: "a time, as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago, as 10m or 1h30m")
        }
    }

    /// A Go duration: numbers, each with its unit.
    private static func span(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [
            ("ms", 1_000_000), ("us", 1000), ("ns", 1), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
            ("s", 1_000_000_000),
        ]
        var rest = text[...]
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let number = Int64(digits), number < 1_000_000_000,
                let unit = units.first(where: { rest.hasPrefix($0.0) })
            else { return nil }
            rest = rest.dropFirst(unit.0.count)
            let (part, overflow) = number.multipliedReportingOverflow(by: unit.1)
            if overflow { return nil }
            total &+= part
        }
        return text.isEmpty ? nil : total
    }

    /// Seconds since 1970, with up to nine further digits.
    private static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]), (0..<4_000_000_000).contains(whole) else { return nil }
        if parts.count == 1 { return whole * 1_000_000_000 }
        return fraction(parts[1]).map { whole * 1_000_000_000 + $0 }
    }

    private static func fraction(_ digits: Substring) -> Int64? {
        guard (1...9).contains(digits.count), let number = Int64(digits), number >= 0 else { return nil }
        return (digits.count..<9).reduce(number) { value, _ in value * 10 }
    }

    /// Reads "2026-01-31", "2026-01-31T12:00", "2026-01-31T12:00:00.5" and the same with "Z" or "+01:00" behind it.
    init?(rfc3339 text: String) {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard date.count == 3, (1970...2200).contains(date[0]), (1...12).contains(date[1]), (1...31).contains(date[2])
        else { return nil }
        var seconds = Self.days(year: date[0], month: date[1], day: date[2]) * 86_400
        var nanoseconds: Int64 = 0
        if parts.count == 2 {
            guard let time = Self.timeOfDay(parts[1]) else { return nil }
            seconds += time.seconds
            nanoseconds = time.nanoseconds
        }
        self.nanoseconds = seconds * 1_000_000_000 + nanoseconds
    }

    private static func timeOfDay(_ text: Substring) -> (seconds: Int64, nanoseconds: Int64)? {
        var text = text
        var offset: Int64 = 0
        if text.hasSuffix("Z") {
            text.removeLast()
        } else if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let zone = text[text.index(after: sign)...].split(separator: ":").map { Int64($0) ?? -1 }
            guard zone.count == 2, (0...23).contains(zone[0]), (0...59).contains(zone[1]) else { return nil }
            offset = (zone[0] * 3600 + zone[1] * 60) * (text[sign] == "+" ? 1 : -1)
            text = text[..<sign]
        }
        let pieces = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let clock = pieces[0].split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard (2...3).contains(clock.count), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            clock.count == 2 || (0...60).contains(clock[2])
        else { return nil }
        var nanoseconds: Int64 = 0
        if pieces.count == 2 {
            guard let part = fraction(pieces[1]) else { return nil }
            nanoseconds = part
        }
        return (clock[0] * 3600 + clock[1] * 60 + (clock.count == 3 ? clock[2] : 0) - offset, nanoseconds)
    }

    /// Days since 1970, counted from 0000-03-01 so that a leap day is the last of its year.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
