/// An instant in microseconds since 1970-01-01 00:00:00 UTC: the unit of the PBX's `EventTime` and of PostgreSQL's
/// `timestamptz`, so nothing is rounded on the way.
package struct Timestamp: Hashable, Sendable {
    /// Microseconds since 1970-01-01 00:00:00 UTC, negative before.
    package var microseconds: Int64

    /// The instant that lies `microseconds` after 1970-01-01 00:00:00 UTC.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant that many microseconds later (earlier when negative); stops at the ends of the range.
    package func advanced(byMicroseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = self.microseconds.addingReportingOverflow(delta)
        guard overflow else {
            return Timestamp(microseconds: sum)
        }
        return Timestamp(microseconds: delta < 0 ? .min : .max)
    }

    /// The instant that many seconds later (earlier when negative), rounded to a microsecond; more than
    /// 140 years lead to the ends of the range.
    package func advanced(bySeconds seconds: Double) -> Timestamp {
        let microseconds = seconds * 1_000_000
        // Within these bounds every half is exact and the conversion cannot trap; `rounded()` would need the C library.
        guard abs(microseconds) < 0x1p52 else {
            return Timestamp(microseconds: microseconds < 0 ? .min : .max)
        }
        return self.advanced(byMicroseconds: Int64(microseconds + (microseconds < 0 ? -0.5 : 0.5)))
    }

    /// Microseconds from `other` to this instant, negative when `other` is later; stops at the ends of the range.
    package func microseconds(since other: Timestamp) -> Int64 {
        let (difference, overflow) = self.microseconds.subtractingReportingOverflow(other.microseconds)
        guard overflow else {
            return difference
        }
        return self.microseconds < other.microseconds ? .min : .max
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Timestamp {
    /// The instant that much later; what is finer than a microsecond is dropped.
    package static func + (instant: Timestamp, duration: Duration) -> Timestamp {
        instant.advanced(byMicroseconds: duration.wholeMicroseconds)
    }

    /// The instant that much earlier; what is finer than a microsecond is dropped.
    package static func - (instant: Timestamp, duration: Duration) -> Timestamp {
        instant + (.zero - duration)
    }

    /// The time from `right` to `left`.
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds(since: right))
    }
}

extension Duration {
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else {
            return seconds < 0 ? .min : .max
        }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !sumOverflow else {
            return seconds < 0 ? .min : .max
        }
        return sum
    }
}
