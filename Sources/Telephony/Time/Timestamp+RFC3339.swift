extension Timestamp: CustomStringConvertible {
    /// The instant as RFC 3339 in UTC, always with six digits of fraction: `2026-11-22T10:00:00.000000Z`.
    package var rfc3339: String {
        var days = self.microseconds / Self.microsecondsPerDay
        var rest = self.microseconds % Self.microsecondsPerDay
        if rest < 0 {
            days -= 1
            rest += Self.microsecondsPerDay
        }
        let date = CivilDate(daysSinceEpoch: days)
        let second = rest / 1_000_000
        var text = ""
        text.reserveCapacity(27)
        text.append(padded: date.year, to: 4)
        text += "-"
        text.append(padded: date.month, to: 2)
        text += "-"
        text.append(padded: date.day, to: 2)
        text += "T"
        text.append(padded: second / 3600, to: 2)
        text += ":"
        text.append(padded: second / 60 % 60, to: 2)
        text += ":"
        text.append(padded: second % 60, to: 2)
        text += "."
        text.append(padded: rest % 1_000_000, to: 6)
        text += "Z"
        return text
    }

    package var description: String {
        self.rfc3339
    }

    /// Reads an RFC 3339 date-time with `Z` or a numeric offset and up to nine digits of fraction (what is finer than a
    /// microsecond is dropped); `t` and `z` may be lower case. Nil for anything else, also for dates and times that do
    /// not exist, such as 30 February, 24:00 or a leap second.
    package init?(rfc3339 text: some StringProtocol) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.number(digits: 4), reader.take(UInt8(ascii: "-")),
            let month = reader.number(digits: 2), reader.take(UInt8(ascii: "-")),
            let day = reader.number(digits: 2), reader.take(UInt8(ascii: "T"), or: UInt8(ascii: "t")),
            let hour = reader.number(digits: 2), reader.take(UInt8(ascii: ":")),
            let minute = reader.number(digits: 2), reader.take(UInt8(ascii: ":")),
            let second = reader.number(digits: 2),
            let fraction = reader.fraction(),
            let offset = reader.offset(),
            reader.isAtEnd,
            hour < 24, minute < 60, second < 60,
            let date = CivilDate(year: year, month: month, day: day)
        else {
            return nil
        }
        let seconds = (hour * 60 + minute) * 60 + second - offset
        self.init(microseconds: date.daysSinceEpoch * Self.microsecondsPerDay + seconds * 1_000_000 + fraction)
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000
}

/// A date of the proleptic Gregorian calendar.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month) else {
            return nil
        }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[Int(month) - 1] else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    // Both conversions count in eras of 400 years that start on 1 March, which puts the leap day at the end of a year
    // (H. Hinnant, "chrono-compatible low-level date algorithms").

    init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let year = self.month <= 2 ? self.year - 1 : self.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (self.month > 2 ? self.month - 3 : self.month + 9) + 2) / 5 + self.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads the fixed fields of a date-time from left to right.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool {
        self.position == self.bytes.count
    }

    private var digit: Int64? {
        guard self.position < self.bytes.count, self.bytes[self.position] >= 0x30, self.bytes[self.position] <= 0x39
        else {
            return nil
        }
        return Int64(self.bytes[self.position] - 0x30)
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = self.digit else {
                return nil
            }
            value = value * 10 + digit
            self.position += 1
        }
        return value
    }

    mutating func take(_ first: UInt8, or second: UInt8? = nil) -> Bool {
        guard self.position < self.bytes.count,
            self.bytes[self.position] == first || self.bytes[self.position] == second
        else {
            return false
        }
        self.position += 1
        return true
    }

    /// Microseconds of an optional fraction; nil when a point is followed by no digit or by more than nine.
    mutating func fraction() -> Int64? {
        guard self.take(UInt8(ascii: ".")) else {
            return 0
        }
        var value: Int64 = 0
        var count = 0
        while let digit = self.digit {
            if count < 6 {
                value = value * 10 + digit
            }
            count += 1
            self.position += 1
        }
        guard (1...9).contains(count) else {
            return nil
        }
        for _ in count..<max(count, 6) {
            value *= 10
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if self.take(UInt8(ascii: "Z"), or: UInt8(ascii: "z")) {
            return 0
        }
        let isNegative = self.take(UInt8(ascii: "-"))
        guard isNegative || self.take(UInt8(ascii: "+")),
            let hours = self.number(digits: 2), hours < 24,
            self.take(UInt8(ascii: ":")),
            let minutes = self.number(digits: 2), minutes < 60
        else {
            return nil
        }
        let seconds = (hours * 60 + minutes) * 60
        return isNegative ? -seconds : seconds
    }
}

extension String {
    fileprivate mutating func append(padded value: Int64, to width: Int) {
        let digits = String(value)
        for _ in 0..<max(0, width - digits.utf8.count) {
            self += "0"
        }
        self += digits
    }
}
