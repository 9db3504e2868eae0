import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `Verifying the order` {
    @Test func `proves the log's own, and leaves nothing behind`() async throws {
        try await withDatabase(poolSize: 10) { database in
            let report = try await Self.verify(.log, database)
            #expect(report.isProven)
            #expect(report.seen == report.committed && report.committed > 100)
            #expect(report.rolledBack > 0)
            let schemas = try await database.pool.query(
                "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'verify%'")
            #expect(try schemas.first?.int(0) == 0)
        }
    }

    @Test func `finds what a plain sequence loses`() async throws {
        try await withDatabase(poolSize: 10) { database in
            let report = try await Self.verify(.plainSequence, database)
            #expect(report.missed > 0)
            #expect(!report.seenEqualsCommitted && !report.orderIsCommitOrder && !report.isProven)
        }
    }

    private static func verify(_ numbering: OrderVerifier.Numbering, _ database: TestDatabase) async throws
        -> OrderReport
    {
        var settings = OrderVerifier.Settings(seed: SeededRandom(for: "verifying the order").seed, numbering: numbering)
        settings.writers = 8
        settings.transactions = 200
        settings.delayMaxMilliseconds = 4
        return try await OrderVerifier(pool: database.pool, migrations: Repository.migrations).verify(settings)
    }
}
