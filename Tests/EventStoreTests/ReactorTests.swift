import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `The deployment process` {
    private static let process = DeploymentReactor.process
    private static let stream = StreamName.deployment("akme-shop-production")

    private func withReactor(
        _ body: (DeploymentReactor, PostgresEventStore, PostgresEffectStore, TestDatabase) async throws -> Void
    ) async throws {
        try await withStore { store, database in
            let effects = PostgresEffectStore(pool: database.pool)
            try await body(DeploymentReactor(events: store, effects: effects), store, effects, database)
        }
    }

    private static func append(_ forms: StoredForm...) -> Append {
        Append(
            [
                StreamAppend(
                    stream, expected: .any, events: forms.map { NewEvent(id: Facts.uuid(), form: $0) })
            ], metadata: Facts.metadata)
    }

    @Test func `goes past an event that another replica could not read, and takes its note away`() async throws {
        try await withReactor { reactor, store, effects, _ in
            _ = try await store.append(Self.append(Past.requested().stored))
            try await effects.stop(Self.process, at: Position(1), because: "an older build")
            #expect(try await effects.failure(of: Self.process)?.position == Position(1))
            #expect(try await reactor.catchUp() == nil)
            #expect(try await effects.failure(of: Self.process) == nil)
            #expect(try await effects.checkpoint(of: Self.process) == Position(1))
            #expect(try await effects.openCount() > 0)
            // A replica that was slower to fail than this one to pass notes nothing.
            try await effects.stop(Self.process, at: Position(1), because: "an older build")
            #expect(try await effects.failure(of: Self.process) == nil)
        }
    }

    @Test func `keeps the note of an event that it has not reached`() async throws {
        try await withReactor { _, _, effects, _ in
            try await effects.stop(Self.process, at: Position(9), because: "no")
            #expect(try await effects.advance(Self.process, from: .start, to: Position(8), adding: []))
            #expect(try await effects.failure(of: Self.process)?.position == Position(9))
            #expect(try await effects.advance(Self.process, from: Position(8), to: Position(9), adding: []))
            #expect(try await effects.failure(of: Self.process) == nil)
        }
    }

    @Test func `stops before an event that it cannot read, and tries it each time`() async throws {
        try await withReactor { reactor, store, effects, _ in
            let unknown = StoredForm("deployment.teleported", version: 1, [String: String]())
            _ = try await store.append(Self.append(Past.requested().stored, unknown, Past.started(.render).stored))
            for _ in 1...2 {
                #expect(try await reactor.catchUp() == Position(2))
                #expect(try await effects.failure(of: Self.process)?.position == Position(2))
                #expect(try await effects.checkpoint(of: Self.process) == Position(1))
            }
            #expect(try await effects.openCount() > 0)
        }
    }

    @Test func `says of each effect whom it keeps busy, where and for whom`() async throws {
        try await withReactor { reactor, store, _, database in
            _ = try await store.append(Self.append(Past.requested().stored))
            try await reactor.catchUp()
            let rows = try await database.pool.query(
                "SELECT concat_ws(' ', system, circuit, cluster, customer) AS target FROM effects ORDER BY effect_id")
            #expect(
                try rows.map { row in try row.string("target") } == [
                    "none none frankfurt akme", "aws_efs aws_efs/eu-central-1 frankfurt akme",
                    "aws_s3 aws_s3/eu-central-1 frankfurt akme", "aws_route53 aws_route53 frankfurt akme",
                    "none none frankfurt akme",
                ])
        }
    }

    @Test func `waits no longer than it means to when the log's time is ahead of the clock`() async throws {
        try await withReactor { reactor, store, effects, database in
            let pool = database.pool
            try await pool.execute(script: "UPDATE log_head SET recorded_at = clock_timestamp() + interval '1 day'")
            _ = try await store.append(Self.append(Past.requested().stored))
            try await reactor.catchUp()
            let rows = try await pool.query(
                "SELECT due_at < clock_timestamp() + interval '12 hours' AS is_soon FROM effects")
            #expect(!rows.isEmpty)
            #expect(try rows.allSatisfy { row in try row.bool("is_soon") })
        }
    }
}
