import Postgres
import TestSupport
import Testing

private struct Unwell: Error {}

@Suite struct `Statements and transactions` {
    @Test func `are prepared once per connection`() async throws {
        try await withDatabase(poolSize: 1) { database in
            for number in 1...3 {
                #expect(
                    try await database.pool.query("SELECT $1::bigint", [.int8(Int64(number))]).first?.int64(0)
                        == Int64(number))
            }
            let prepared = try await database.pool.query(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::bigint'")
            #expect(try prepared.first?.int64(0) == 1)
        }
    }

    @Test func `do not pile up prepared`() async throws {
        try await withDatabase { database in
            var configuration = PostgresConfiguration(database.url, poolSize: 1)
            configuration.preparedStatementsMax = 4
            let pool = PostgresPool(configuration: configuration)
            for number in 1...20 { #expect(try await pool.query("SELECT \(number)").first?.int(0) == number) }
            let count = try await pool.query("SELECT count(*) FROM pg_prepared_statements").first?.int(0)
            #expect(count == 4)
            await pool.close()
        }
    }

    @Test func `survive a table that changes its shape, and DISCARD ALL`() async throws {
        try await withDatabase(poolSize: 1) { database in
            let pool = database.pool
            try await pool.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
            #expect(try await pool.query("SELECT * FROM t").columns == ["a"])
            try await pool.execute(script: "ALTER TABLE t ADD COLUMN b int")
            #expect(try await pool.query("SELECT * FROM t").columns == ["a", "b"])
            try await pool.execute(script: "DISCARD ALL")
            #expect(try await pool.query("SELECT * FROM t").columns == ["a", "b"])
        }
    }

    @Test func `say how many rows they touched`() async throws {
        try await withDatabase { database in
            try await database.pool.execute(script: "CREATE TABLE t (a int)")
            #expect(try await database.pool.query("INSERT INTO t SELECT generate_series(1, 5)").affected == 5)
            #expect(
                try await database.pool.query("SELECT a FROM t").map { row in try row.int("a") }.sorted() == [
                    1, 2, 3, 4, 5,
                ])
        }
    }

    @Test func `leave nothing behind when the body of a transaction throws`() async throws {
        try await withDatabase(poolSize: 1) { database in
            try await database.pool.execute(script: "CREATE TABLE t (a int)")
            await #expect(throws: Unwell.self) {
                try await database.pool.withTransaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    throw Unwell()
                }
            }
            #expect(try await database.pool.query("SELECT count(*) FROM t").first?.int(0) == 0)
        }
    }

    @Test func `are not taken for committed when one failed and the body kept silent`() async throws {
        try await withDatabase { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { connection in
                    _ = try? await connection.query("SELECT 1 / 0")
                }
            }
            #expect(error?.sqlstate == "25P02")
        }
    }

    @Test func `left open by a borrower are rolled back`() async throws {
        try await withDatabase(poolSize: 1) { database in
            try await database.pool.execute(script: "CREATE TABLE t (a int)")
            try await database.pool.withConnection { connection in
                try await connection.execute(script: "BEGIN; INSERT INTO t VALUES (1)")
            }
            #expect(try await database.pool.query("SELECT count(*) FROM t").first?.int(0) == 0)
        }
    }

    @Test func `in a read-only snapshot see one moment and cannot write`() async throws {
        try await withDatabase { database in
            try await database.pool.execute(script: "CREATE TABLE t (a int)")
            try await database.pool.withTransaction(.readOnlySnapshot) { connection in
                #expect(try await connection.query("SELECT count(*) FROM t").first?.int(0) == 0)
                try await database.pool.query("INSERT INTO t VALUES (1)")
                #expect(try await connection.query("SELECT count(*) FROM t").first?.int(0) == 0)
            }
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction(.readOnlySnapshot) {
                    try await $0.query("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.sqlstate == "25006")
        }
    }

    @Test func `give a typed error that shows no value`() async throws {
        try await withDatabase { database in
            try await database.pool.execute(script: "CREATE TABLE t (a text CONSTRAINT a_is_unique UNIQUE)")
            try await database.pool.query("INSERT INTO t VALUES ($1)", ["s3cret"])
            let twice = await #expect(throws: PostgresError.self) {
                try await database.pool.query("INSERT INTO t VALUES ($1)", ["s3cret"])
            }
            #expect(twice?.sqlstate == "23505")
            #expect(twice?.constraint == "a_is_unique")
            let malformed = await #expect(throws: PostgresError.self) {
                try await database.pool.query("SELECT $1::text::uuid", ["s3cret"])
            }
            #expect(malformed?.sqlstate == "22P02")
            #expect(!"\(twice, default: "") \(malformed, default: "")".contains("s3cret"))
        }
    }

    @Test func `that take too long are timed out by the server`() async throws {
        try await withDatabase { database in
            let pool = PostgresPool(
                configuration: PostgresConfiguration(database.url, statementTimeout: .milliseconds(100)))
            await #expect(throws: PostgresError.timedOut) { try await pool.query("SELECT pg_sleep(30)") }
            let rows = try await pool.query("SELECT 1")
            #expect(try rows.first?.int(0) == 1)
            await pool.close()
        }
    }
}
