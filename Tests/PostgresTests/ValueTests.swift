import Postgres
import TestSupport
import Testing

@Suite struct `Values through Postgres` {
    @Test func `come back as they went`() async throws {
        try await withDatabase { database in
            let bytes: [UInt8] = [0, 1, 92, 255]
            let rows = try await database.pool.query(
                """
                SELECT $1::text AS text, $2::bigint AS number, $3::boolean AS truth, $4::bytea AS bytes,
                    $5::jsonb ->> 'a' AS json, $6 AS moment, $7::uuid AS id, $8::text[] = ARRAY['a"b', '\\', NULL, '{,}'] AS texts,
                    $9::bigint[] = ARRAY[1, -2]::bigint[] AS numbers, $10::text IS NULL AS nothing
                """,
                [
                    "snow ☃ 'quoted'", .int8(.min), true, .bytea(bytes), .jsonb(#"{"a":"b"}"#),
                    .timestamptz(1_763_858_503_000_123), .uuid("0196a1b2-0000-7000-8000-000000000001"),
                    .textArray(["a\"b", "\\", nil, "{,}"]), .int8Array([1, -2]), nil,
                ]
            )
            let row = try #require(rows.first)
            #expect(try row.string("text") == "snow ☃ 'quoted'")
            #expect(try row.int64("number") == .min)
            #expect(try row.bool("truth"))
            #expect(try row.bytea("bytes") == bytes)
            #expect(try row.string("json") == "b")
            #expect(try row.timestamptz("moment") == 1_763_858_503_000_123)
            #expect(try row.string(6) == "0196a1b2-0000-7000-8000-000000000001")
            #expect(try row.bool("texts"))
            #expect(try row.bool("numbers"))
            #expect(try row.bool("nothing"))
        }
    }

    @Test(arguments: [
        -62_135_596_800_000_000, -1, 0, 951_782_400_000_000, 1_709_164_800_000_001, 253_402_300_799_999_999,
    ])
    func `keep times to the microsecond`(microseconds: Int64) async throws {
        try await withDatabase { database in
            let rows = try await database.pool.query(
                "SELECT $1 AS same, extract(epoch FROM $1)::text AS seconds", [.timestamptz(microseconds)])
            let row = try #require(rows.first)
            #expect(try row.timestamptz("same") == microseconds)
            let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            #expect(try row.double("seconds") == Double(seconds) + Double(rest) / 1_000_000)
        }
    }

    @Test func `keep empty text, empty bytes and null apart`() async throws {
        try await withDatabase { database in
            let rows = try await database.pool.query(
                "SELECT $1::text AS a, $2::bytea AS b, $3::text AS c", ["", .bytea([]), nil])
            let row = try #require(rows.first)
            #expect(try row.optionalString("a") == "")
            #expect(try row.optionalBytea("b") == [])
            #expect(try row.optionalString("c") == nil)
        }
    }

    @Test func `with U+0000 are refused instead of cut short`() async throws {
        try await withDatabase { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.query("SELECT $1::text", ["a\0b"])
            }
            #expect(error?.sqlstate == "22021")
        }
    }

    @Test func `may be large`() async throws {
        try await withDatabase { database in
            let large = String(repeating: "x", count: 20_000_000)
            let rows = try await database.pool.query("SELECT $1::text AS same", [.text(large)])
            #expect(try rows.first?.string("same") == large)
        }
    }

    @Test func `of the wrong type are a decoding error that names the column only`() async throws {
        try await withDatabase { database in
            let rows = try await database.pool.query("SELECT 'secret' AS word, NULL::bigint AS gap")
            let row = try #require(rows.first)
            #expect(throws: PostgresError.decoding(column: "word", reason: "is not an integer")) {
                try row.int64("word")
            }
            #expect(throws: PostgresError.decoding(column: "gap", reason: "is null")) { try row.int64("gap") }
            #expect(throws: PostgresError.decoding(column: "none", reason: "is not in the answer")) {
                try row.string("none")
            }
            #expect(try row.optionalInt64("gap") == nil)
        }
    }
}
