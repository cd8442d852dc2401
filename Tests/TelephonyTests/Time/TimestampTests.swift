import Telephony
import TestSupport
import Testing

@Suite("An instant")
struct TimestampTests {
    @Test(
        "is written in UTC with six digits of fraction",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_502_985_686_478_202, "2017-08-17T16:01:26.478202Z"),
            (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_795_341_600_000_000, "2026-11-22T10:00:00.000000Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)]
    )
    func writing(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "is read with offsets, small letters and any fraction up to nine digits",
        arguments: [
            "2026-11-22T10:00:00Z", "2026-11-22t10:00:00z", "2026-11-22T13:00:00+03:00", "2026-11-22T04:30:00-05:30",
            "2026-11-22T10:00:00.0Z", "2026-11-22T10:00:00.000000999Z", "2026-11-23T00:30:00.000+14:30",
            "2026-11-22T10:00:00-00:00",
        ]
    )
    func reading(text: String) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == "2026-11-22T10:00:00.000000Z")
    }

    @Test(
        "is not read from nonsense",
        arguments: [
            "", "2026", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T23:60:00Z", "2026-01-01T23:59:60Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.0000000000Z", "2026-01-01T00:00:00+0300",
            "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+03:60", "2026-1-1T00:00:00Z", "2026-01-01T00:00:00ZZ",
            "-026-01-01T00:00:00Z", "2026-01-01T00:00:00Z ", "٢٠٢٦-01-01T00:00:00Z",
        ]
    )
    func nonsense(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("survives writing and reading, whatever it is")
    func roundTrip() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let instant = Timestamp(
                microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &generator)
            )
            guard Timestamp(rfc3339: instant.rfc3339) == instant else {
                Issue.record("seed \(seed): \(instant.microseconds)")
                return
            }
        }
    }

    @Test("moves by seconds, microseconds and durations, and stops at the ends of the range")
    func arithmetic() {
        let instant = Timestamp(microseconds: 1000)
        #expect(instant.advanced(bySeconds: 1.5).microseconds == 1_501_000)
        #expect(instant.advanced(bySeconds: -0.001).microseconds == 0)
        #expect(instant.advanced(byMicroseconds: -1).microseconds == 999)
        #expect((instant + .milliseconds(2)).microseconds == 3000)
        #expect((instant - .seconds(1)).microseconds == -999_000)
        #expect(instant - Timestamp(microseconds: 400) == .microseconds(600))
        let first = Timestamp(microseconds: .min)
        let last = Timestamp(microseconds: .max)
        #expect(last.advanced(byMicroseconds: 1) == last)
        #expect(first.advanced(byMicroseconds: -1) == first)
        #expect(instant.advanced(bySeconds: .infinity) == last)
        #expect(instant.advanced(bySeconds: -.infinity) == first)
        #expect(last + .seconds(Int64.max) == last)
        #expect(last.microseconds(since: first) == .max)
        #expect(first < instant)
    }
}
