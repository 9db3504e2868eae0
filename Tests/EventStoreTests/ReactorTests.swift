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
            let effects = PostgresEffectStore(pool: database.pool, clock: .callers)
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

    private static let other = StreamName.deployment("bolt-shop-production")
    private static let unknown = StoredForm("deployment.teleported", version: 1, [String: String]())

    private static func append(to stream: StreamName, _ forms: StoredForm...) -> Append {
        Append(
            [StreamAppend(stream, expected: .any, events: forms.map { NewEvent(id: Facts.uuid(), form: $0) })],
            metadata: Facts.metadata)
    }

    @Test func `parks a stream with an event that it cannot read, and goes on with the others`() async throws {
        try await withReactor { reactor, store, effects, database in
            _ = try await store.append(Self.append(Past.requested().stored, Self.unknown))
            _ = try await store.append(Self.append(to: Self.other, Past.requested().stored))
            _ = try await store.append(Self.append(Past.started(.render).stored))
            for _ in 1...2 {
                #expect(try await reactor.catchUp() == nil)
                let parked = try await effects.parked(by: Self.process)
                #expect(parked.map(\.stream) == [Self.stream])
                #expect(parked.first?.version == 2 && parked.first?.position == Position(2))
                #expect(parked.first?.reason.contains("deployment.teleported") == true)
                #expect(try await effects.checkpoint(of: Self.process) == Position(4))
            }
            let named = try await database.pool.query(
                "SELECT stream_id, count(*) AS n FROM effects GROUP BY stream_id ORDER BY stream_id")
            #expect(try named.map { row in try row.int("n") } == [5, 5], "what was named before goes on")
            // Later events of its are nobody's business either.
            _ = try await store.append(Self.append(Past.cancelled().stored))
            #expect(try await reactor.catchUp() == nil)
            #expect(try await effects.parked(by: Self.process).count == 1)
            #expect(try await reactor.resume(Self.stream) == false)
        }
    }

    @Test func `takes back a stream that an older build could not handle, with all that it owes`() async throws {
        try await withReactor { reactor, store, effects, _ in
            _ = try await store.append(Self.append(Past.requested().stored))
            _ = try await store.append(Self.append(to: Self.other, Past.requested().stored))
            var advance = ProcessAdvance(from: .start, to: Position(2))
            advance.parking = [
                ParkedStream(stream: Self.stream, version: 1, position: Position(1), reason: "an older build")
            ]
            #expect(try await effects.advance(Self.process, advance))
            #expect(try await effects.openCount() == 0)
            #expect(try await reactor.catchUp() == nil)
            #expect(try await effects.parked(by: Self.process) == [])
            #expect(try await effects.openCount() == 5)
            #expect(try await reactor.resume(Self.stream), "it is not parked any more")
        }
    }

    @Test func `loses no event between replicas of which one parks and one takes back`() async throws {
        try await withReactor { _, _, effects, _ in
            let parked = ParkedStream(stream: Self.stream, version: 1, position: Position(1), reason: "no")
            var first = ProcessAdvance(from: .start, to: Position(1))
            first.parking = [parked]
            #expect(try await effects.advance(Self.process, first))
            let late = try await effects.resume(parked, of: Self.process, at: .start, adding: [])
            #expect(!late, "the process has moved on since it was read")
            #expect(try await effects.resume(parked, of: Self.process, at: Position(1), adding: []))
            var second = ProcessAdvance(from: Position(1), to: Position(2))
            second.skipping = [Self.stream]
            let skipped = try await effects.advance(Self.process, second)
            #expect(!skipped, "what it skips is not parked any more")
            #expect(try await effects.checkpoint(of: Self.process) == Position(1))
        }
    }

    @Test func `lets steps of a release that has ended be given up at once, behind whatever circuit`() async throws {
        try await withReactor { reactor, store, effects, _ in
            _ = try await store.append(Self.append(Past.requested().stored))
            try await reactor.catchUp()
            let now = currentTime()
            let circuits = try await effects.circuits(at: now).map(\.circuit)
            for circuit in circuits {
                try await effects.report(
                    CircuitReport(
                        circuit: circuit, effectID: "e", at: now,
                        finding: .throttled(until: now + .seconds(3_600), inAll: nil, reason: "429")))
            }
            let later = now + .seconds(60)
            #expect(try await effects.claim(by: "w", limit: 16, now: later, leaseSeconds: 30).isEmpty)
            _ = try await store.append(Self.append(Past.cancelled().stored))
            try await reactor.catchUp()
            let claimed = try await effects.claim(by: "w", limit: 16, now: later, leaseSeconds: 30)
            #expect(claimed.count { $0.payload["kind"] == "perform" } == 4)
            #expect(claimed.count { $0.payload["kind"] == "watch_deadline" } == 1)
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
