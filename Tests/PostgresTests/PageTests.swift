import Postgres
import TestSupport
import Testing

@Suite struct `A page of rows` {
    @Test func `holds the values that the text form holds`() async throws {
        try await withDatabase { database in
            try await database.pool.execute(
                script: #"""
                    CREATE TABLE t (a bigint, b integer, c text, d uuid, e timestamptz, f timestamptz, g jsonb, h bytea, i text, j text);
                    INSERT INTO t VALUES (
                        8589934592::bigint - 17179869185, -5, 'Öz "𝄞"', gen_random_uuid(), '2026-11-23 03:40:13.123456+00',
                        '1969-12-31 23:59:59.999999+00', '{"b": [1.10, null], "a": "\\"}', '\x00ff', NULL, '')
                    """#)
            let page = try await database.pool.page("SELECT * FROM t", [], bytesMax: 1000)
            let row = try #require(try await database.pool.query("SELECT * FROM t").first)
            #expect(page.count == 1 && !page.isCut)
            #expect(try page.int64(0, 0) == row.int64(0))
            #expect(try page.int32(0, 1) == -5)
            #expect(try page.string(0, 2) == row.string(2))
            #expect(try page.uuid(0, 3) == row.string(3))
            #expect(try page.timestamptz(0, 4) == row.timestamptz(4))
            #expect(try page.timestamptz(0, 5) == -1)
            #expect(try String(decoding: page.jsonb(0, 6), as: UTF8.self) == row.string(6))
            #expect(try Array(page.bytes(0, 7)) == row.bytea(7))
            #expect(try page.isNull(0, 8) && !page.isNull(0, 9))
            #expect(try page.string(0, 9) == "")
        }
    }

    @Test func `ends at the limit of bytes, and its connection goes on`() async throws {
        try await withDatabase(poolSize: 1) { database in
            let query = "SELECT n, repeat('x', 1000) FROM generate_series(1, $1::bigint) AS s (n)"
            for _ in 1...20 {
                let page = try await database.pool.page(query, [.int8(1_000_000)], bytesMax: 50_000)
                #expect(page.isCut)
                #expect((40...60).contains(page.count))
                #expect(try (0..<page.count).map { try page.int64($0, 0) } == (1...Int64(page.count)).map { $0 })
                let whole = try await database.pool.page(query, [.int8(3)], bytesMax: 50_000)
                #expect(whole.count == 3 && !whole.isCut)
                #expect(try await database.pool.query("SELECT 7").first?.int(0) == 7)
            }
        }
    }

    @Test func `may be empty`() async throws {
        try await withDatabase { database in
            let page = try await database.pool.page("SELECT 1 WHERE false", [], bytesMax: 10)
            #expect(page.count == 0 && !page.isCut)
        }
    }

    @Test func `tells a value of another type, null, or one that is not there`() async throws {
        try await withDatabase { database in
            let page = try await database.pool.page("SELECT 1::integer, NULL::bigint", [], bytesMax: 10)
            #expect(throws: PostgresError.self) { try page.int64(0, 0) }
            #expect(throws: PostgresError.self) { try page.int64(0, 1) }
            #expect(throws: PostgresError.self) { try page.int64(0, 2) }
            #expect(throws: PostgresError.self) { try page.int64(1, 0) }
            #expect(throws: PostgresError.self) { try page.jsonb(0, 0) }
            #expect(throws: PostgresError.self) { try page.uuid(0, 0) }
        }
    }
}
