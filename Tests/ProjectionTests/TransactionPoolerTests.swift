import Application
import Domain
import EventSourcing
import FoundationEssentials
import Logging
import Postgres
import PostgresEventStore
import PostgresLeases
import PostgresProjections
import TestSupport
import Testing

@Suite(.enabled(if: TransactionPooler.isInstalled, "pgbouncer is not installed"))
struct `Through a transaction pooler` {
    @Test func `leases are claimed, renewed and stolen, and a holder that lost one writes nothing`() async throws {
        try await withPools { mine, theirs in
            let one = PostgresLeases(pool: mine, holder: "one", seconds: 1, logger: .silent)
            let other = PostgresLeases(pool: theirs, holder: "other", seconds: 60, logger: .silent)
            let lost = try #require(try await one.claim("work"))
            #expect(try await other.claim("work") == nil)
            #expect(try await one.claim("work") == lost)
            #expect(try await write(under: lost, on: mine))

            try await eventually("the other takes what was not renewed") { try await other.claim("work") != nil }
            #expect(try await !write(under: lost, on: mine))
            #expect(try await one.claim("work") == nil)
            let taken = try #require(try await other.claim("work"))
            #expect(taken.token > lost.token)
            #expect(try await write(under: taken, on: theirs))
            #expect(try await mine.query("SELECT count(*) AS n FROM process_checkpoints")[0].int("n") == 2)
        }
    }

    @Test func `two processes append, and views follow by looking, are asked about the past and are rebuilt`()
        async throws
    {
        try await withWorld { world in
            try await TransactionPooler.run(before: world.url) { pooler in
                let (mine, theirs) = (pooler.pool(), pooler.pool())
                let pooled = ProjectionWorld(pool: mine, url: world.url, definitions: world.definitions)
                let other = ProjectionWorld(pool: theirs, url: world.url, definitions: world.definitions)
                // Replicas, of which one holds each view's lease.
                try await pooled.following(pooled.runner(), other.runner()) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (name, pool) in [("mine", mine), ("theirs", theirs)] {
                            let store = PostgresEventStore(pool: pool)
                            for writer in 1...4 {
                                group.addTask {
                                    for number in 1...15 {
                                        _ = try await store.append(.newCustomer("\(name)-\(writer)-\(number)"))
                                    }
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await pooled.caughtUp(to: 120)
                }
                #expect(
                    try await PostgresEventStore(pool: mine).events(after: .start, categories: [], limit: 500).count
                        == 120)
                let past = try await pooled.queries.page(
                    .customers, filter: [:], after: nil, limit: 200, asOf: .position(Position(50)))
                #expect(past.rows.count == 50)
                _ = try await pooled.administration(memory: RebuildMemory(bytes: 10_000)).rebuild("customers")
                for view in QueryView.allCases {
                    #expect(try await pooled.administration.verify(view.rawValue).differences == [], "\(view)")
                }
                await mine.close()
                await theirs.close()
            }
        }
    }

    @Test func `a tailing reader sees what is committed, in the order of the commits`() async throws {
        try await withMigratedDatabase { database in
            try await TransactionPooler.run(before: database.url) { pooler in
                let pool = pooler.pool(size: 8)
                var settings = OrderVerifier.Settings(seed: SeededRandom(for: "order through a pooler").seed)
                (settings.writers, settings.transactions, settings.delayMaxMilliseconds) = (6, 150, 3)
                let report = try await OrderVerifier(pool: pool, migrations: Repository.migrations).verify(settings)
                #expect(report.isProven, "\(report)")
                await pool.close()
            }
        }
    }

    @Test func `times and bytes are read right, whatever the database's own settings are`() async throws {
        try await withMigratedDatabase { database in
            // Those of the pooler's sessions, which open after this.
            let name = database.url.split(separator: "/").last ?? ""
            try await database.pool.execute(
                script: """
                    ALTER DATABASE \(name) SET TimeZone = 'Asia/Kolkata';
                    ALTER DATABASE \(name) SET DateStyle = 'German, DMY';
                    ALTER DATABASE \(name) SET bytea_output = 'escape';
                    """)
            try await TransactionPooler.run(before: database.url) { pooler in
                let pool = pooler.pool()
                let bytes = (0...255).map { UInt8($0) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...40 {
                        group.addTask {
                            let row = try await pool.query(
                                "SELECT $1::timestamptz AS time, $2::bytea AS bytes, pg_sleep(0.005)",
                                [.timestamptz(1_700_000_000_000_001), .bytea(bytes)])[0]
                            #expect(try row.timestamptz("time") == 1_700_000_000_000_001)
                            #expect(try row.bytea("bytes") == bytes)
                        }
                    }
                    try await group.waitForAll()
                }
                await pool.close()
            }
        }
    }

    @Test func `a statement has its time, in which only its own caller is limited`() async throws {
        try await withMigratedDatabase { database in
            try await TransactionPooler.run(before: database.url) { pooler in
                let (hasty, patient) = (pooler.pool(statementTimeout: .milliseconds(200)), pooler.pool())
                for _ in 1...3 {
                    await #expect(throws: PostgresError.timedOut) { try await hasty.query("SELECT pg_sleep(30)") }
                    #expect(try await hasty.query("SELECT 1 AS one")[0].int("one") == 1)
                    try await patient.query("SELECT pg_sleep(0.4)")
                }
                // Long work says so.
                try await hasty.withTransaction { connection in
                    try await connection.takeTime()
                    try await connection.query("SELECT pg_sleep(0.4)")
                }
                await #expect(throws: PostgresError.timedOut) { try await hasty.query("SELECT pg_sleep(30)") }
                await hasty.close()
                await patient.close()
            }
        }
    }

    /// Two processes behind one pooler.
    private func withPools(_ body: @Sendable (PostgresPool, PostgresPool) async throws -> Void) async throws {
        try await withMigratedDatabase { database in
            try await TransactionPooler.run(before: database.url) { pooler in
                let (mine, theirs) = (pooler.pool(), pooler.pool())
                try await body(mine, theirs)
                await mine.close()
                await theirs.close()
            }
        }
    }

    private func write(under lease: Lease, on pool: PostgresPool) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard try await connection.holds(lease) else { return false }
            try await connection.query(
                "INSERT INTO process_checkpoints (process, position) VALUES ($1, 0)", [.text("p\(lease.token)")])
            return true
        }
    }
}

extension Append {
    fileprivate static func newCustomer(_ id: String) -> Append {
        let event = NewEvent(
            id: EventID(UUID().uuidString.lowercased()), form: CustomerEvent.created(.init(name: id)).stored)
        let metadata = EventMetadata(actor: "ana", roles: ["deployer"], correlationID: "r", source: "api")
        return Append(
            [StreamAppend(StreamName(category: "customer", id: id), expected: .noStream, events: [event])],
            metadata: metadata)
    }
}
