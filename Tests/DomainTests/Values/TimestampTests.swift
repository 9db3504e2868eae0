import EventSourcing
import Foundation
import TestSupport
import Testing

@Suite struct `A timestamp` {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_763_858_503_000_123, "2025-11-23T00:41:43.000123Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (-2_203_891_200_000_000, "1900-03-01T00:00:00.000000Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `is written as RFC 3339 and read back`(_ microseconds: Int64, _ text: String) {
        let timestamp = Timestamp(microseconds: microseconds)
        #expect(timestamp.description == text)
        #expect(Timestamp(text) == timestamp)
    }

    @Test(arguments: [
        ("2026-11-23T00:41:43Z", "2026-11-23T00:41:43.000000Z"),
        ("2026-11-23t00:41:43z", "2026-11-23T00:41:43.000000Z"),
        ("2026-11-23 00:41:43Z", "2026-11-23T00:41:43.000000Z"),
        ("2026-11-23T00:41:43.5Z", "2026-11-23T00:41:43.500000Z"),
        ("2026-11-23T00:41:43.123456789Z", "2026-11-23T00:41:43.123456Z"),
        ("2026-11-23T00:41:43.0000009Z", "2026-11-23T00:41:43.000000Z"),
        ("2026-11-23T00:41:43+00:00", "2026-11-23T00:41:43.000000Z"),
        ("2026-11-23T00:41:43+05:30", "2026-11-22T19:11:43.000000Z"),
        ("2026-12-31T23:41:43.25-08:00", "2027-01-01T07:41:43.250000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"),
    ])
    func `is read from every form that RFC 3339 has`(_ text: String, _ same: String) {
        #expect(Timestamp(text)?.description == same)
    }

    @Test(arguments: [
        "", "now", "2026-11-23", "2026-11-23T00:41:43", "2026-11-23T00:41Z", "2026-11-23T00:41:43.Z",
        "2026-11-23T00:41:43.5", "2026-11-23T00:41:43Zulu", "2026-11-23T00:41:43+0530", "2026-11-23T00:41:43+05",
        "2026-11-23T00:41:43+24:00", "2026-11-23T00:41:43+05:60", "2026-11-23T24:00:00Z", "2026-11-23T00:60:00Z",
        "2026-11-23T00:00:61Z", "2026-00-23T00:00:00Z", "2026-13-23T00:00:00Z", "2026-11-00T00:00:00Z",
        "2026-11-31T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-1-23T00:00:00Z",
        "26-11-23T00:00:00Z", "2026/11/23T00:00:00Z", "2026-11-23X00:00:00Z", "+2026-11-23T00:00:00Z",
        "2026-11-23T00:00:00,5Z", "２０26-11-23T00:00:00Z", "2026-11-23T00:00:00Z ", " 2026-11-23T00:00:00Z",
    ])
    func `is not read from anything else`(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `agrees with Foundation at random times`() throws {
        var random = SeededRandom(for: "agrees with Foundation at random times")
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false, timeZone: .gmt)
        for _ in 0..<5_000 {
            // Foundation's calendar changes to the Julian one before 1582; ours stays Gregorian, as RFC 3339 does.
            let seconds = Int64.random(in: -12_000_000_000...250_000_000_000, using: &random)
            let fraction = Int64.random(in: 0..<1_000_000, using: &random)
            let timestamp = Timestamp(microseconds: seconds * 1_000_000 + fraction)
            let text = style.format(Date(timeIntervalSince1970: Double(seconds)))
            let comment: Comment = "SEED=\(random.seed): \(timestamp)"
            #expect(timestamp.description.prefix(19) == text.prefix(19), comment)
            #expect(Timestamp(timestamp.description) == timestamp, comment)
            #expect(Timestamp(text) == Timestamp(microseconds: seconds * 1_000_000), comment)
        }
    }

    @Test func `is a string in JSON`() throws {
        let timestamp = Timestamp(microseconds: 1_763_858_503_000_123)
        let json = try JSONEncoder().encode([timestamp])
        #expect(String(decoding: json, as: UTF8.self) == #"["2025-11-23T00:41:43.000123Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [timestamp])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data(#"["yesterday"]"#.utf8))
        }
    }

    @Test func `moves by durations, to the microsecond`() {
        let noon = Timestamp(microseconds: 1_000_000)
        #expect(noon + .seconds(90) == Timestamp(microseconds: 91_000_000))
        #expect(noon + .milliseconds(-1500) == Timestamp(microseconds: -500_000))
        #expect(noon + .microseconds(1) == Timestamp(microseconds: 1_000_001))
        #expect((noon + .seconds(90)) - noon == .seconds(90))
        #expect(noon - (noon + .microseconds(7)) == .microseconds(-7))
        #expect(noon < noon + .microseconds(1))
    }
}
